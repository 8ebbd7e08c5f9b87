"""What it takes to show a publication, whatever happened before: nothing is forgotten, nothing of others is touched."""

from hypothesis import given
from hypothesis import strategies as st

from bushel.cli.publications import Live, LiveFile, Piece, carried_over, change_towards
from bushel.cli.publishing import in_order

KEYS = ["index.html", "a.css", "a.css.gz", "b.js", "other"]


def piece(content, cache="no-cache", compressed_from=""):
    return Piece(f"{content:064x}", content, "text/plain", cache, compressed_from)


sites = st.dictionaries(st.sampled_from(KEYS), st.builds(piece, st.integers(1, 3), st.sampled_from(["a", "b"])))


class Bucket:
    """Objects as a bucket has them: what they are, and who put them there last."""

    def __init__(self):
        self.objects: dict[str, tuple[int, str, str]] = {}
        self.live = Live()

    def there(self):
        return {key: f"tag{content}" for key, (content, _, _) in self.objects.items()}

    def put(self, key, each, who="us"):
        self.objects[key] = (each.size, each.cache_control, who)

    def show(self, name, target, steps):
        """Show a publication; whether it came to its end within so many steps."""
        change = change_towards(target, self.live, self.there())
        self.live = Live(self.live.publication, self.live.files, change.before, name)
        work = [(key, change.copies[key]) for stage in in_order(change.copies, "index.html") for key in stage]
        for at, (key, each) in enumerate([*work, *((key, None) for key in change.removals)]):
            if at == steps:
                return False
            if each is None:
                del self.objects[key]
            else:
                self.put(key, each)
        copied = {key: LiveFile(each, f"tag{each.size}") for key, each in change.copies.items()}
        self.live = Live(name, change.kept | copied)
        return True


@given(st.lists(st.tuples(sites, st.integers(0, 8)), max_size=5), sites, sites)
def test_a_site_is_what_the_last_publication_says_however_often_others_broke_off(attempts, last, foreign):
    bucket = Bucket()
    for key, each in foreign.items():
        bucket.put(key, each, "them")
    theirs = dict(bucket.objects)
    for number, (target, steps) in enumerate(attempts):
        bucket.show(f"p{number}", target, steps)
        # Nobody's object is lost that was not in the way.
        touched = set().union(*(site for site, _ in attempts[: number + 1]))
        assert all(bucket.objects[key] == theirs[key] for key in theirs.keys() - touched)
    assert bucket.show("last", last, 99)
    for key, each in last.items():
        assert bucket.objects[key] == (each.size, each.cache_control, "us")
    ours = {key for key, (_, _, who) in bucket.objects.items() if who == "us"}
    # What has the same bytes as somebody else's object before may stay: nobody can tell them apart.
    assert {key for key in ours - last.keys() if theirs.get(key, ("", "", ""))[0] != bucket.objects[key][0]} == set()
    change = change_towards(last, bucket.live, bucket.there())
    assert (change.copies, change.removals) == ({}, [])


@given(sites, sites)
def test_only_what_differs_is_put(before, after):
    bucket = Bucket()
    bucket.show("before", before, 99)
    change = change_towards(after, bucket.live, bucket.there())
    assert change.copies == {key: each for key, each in after.items() if before.get(key) != each}
    assert change.removals == sorted(before.keys() - after.keys())


def test_what_somebody_else_replaced_is_put_again_and_never_removed():
    bucket = Bucket()
    bucket.show("one", {"a": piece(1), "b": piece(2)}, 99)
    bucket.put("a", piece(9), "them")
    assert change_towards({"a": piece(1)}, bucket.live, bucket.there()).copies == {"a": piece(1)}
    assert change_towards({}, bucket.live, bucket.there()).removals == ["b"]


def test_files_are_carried_over_but_not_compressed_forms_of_another_page():
    old = {
        "old.css": piece(1),
        "old.css.gz": piece(2, compressed_from=piece(1).sha256),
        "app.css": piece(3),
        "app.css.gz": piece(4, compressed_from=piece(3).sha256),
    }
    bucket = Bucket()
    bucket.show("one", old, 99)
    new = {"app.css": piece(5)}
    carried = carried_over(new, bucket.live, bucket.there())
    assert carried == {"old.css": old["old.css"], "old.css.gz": old["old.css.gz"]}


def test_pages_come_after_what_they_are_made_of_and_the_index_last():
    form = piece(1, compressed_from=piece(2).sha256)
    keys = ["index.html", "index.html.br", "about/index.html", "404.html", "a.css", "a.css.gz", "z.js", "index.html.js"]
    stages = in_order({key: form if key.endswith((".br", ".gz")) else piece(2) for key in keys}, "index.html")
    assert [sorted(stage) for stage in stages] == [
        ["a.css", "a.css.gz", "index.html.js", "z.js"],
        ["404.html", "about/index.html"],
        ["index.html", "index.html.br"],
    ]
