
"use strict";
(() => {
  const MOST_ITEMS = 3000; // what a page holds before it is left for the next one
  const SWIPE_PIXELS = 48;
  const RETRY_MS = 3000;
  const items = document.querySelector(".items");
  const folders = document.querySelector(".folders");
  const viewer = document.getElementById("viewer");
  const stage = viewer.querySelector(".stage");
  const about = viewer.querySelector(".about");
  const original = viewer.querySelector(".original");
  const previous = viewer.querySelector(".previous");
  const next = viewer.querySelector(".next");
  let pageOf = new WeakMap(); // which page of the folder an item came with
  let shown = null;

  const all = () => Array.from(items.querySelectorAll(".item"));
  const note = (page) => { for (const item of all()) if (!pageOf.has(item)) pageOf.set(item, page); };
  note(location.pathname + location.search);

  // --- small pictures that cannot be had: tried once more, then only an icon ---

  document.addEventListener("error", (event) => {
    const image = event.target;
    if (!(image instanceof HTMLImageElement) || !image.closest(".item, .cover")) return;
    const blank = () => {
      image.classList.add("blank");
      const item = image.closest(".item");
      if (item) item.classList.add("blank");
    };
    if (image.dataset.again || image.closest(".cover")) { blank(); return; }
    image.dataset.again = "1";
    fetch(image.src, { method: "HEAD" }).then((answer) => {
      if (answer.status !== 503) { blank(); return; }
      setTimeout(() => { image.src = image.src; }, RETRY_MS);
    }, blank);
  }, true);

  // --- more of the folder, when its end comes near ---

  let loading = null;
  const more = () => {
    const link = document.querySelector(".more a");
    if (!link || loading || items.childElementCount >= MOST_ITEMS) return loading || Promise.resolve(false);
    loading = fetch(link.href).then((answer) => {
      if (!answer.ok) throw new Error(answer.status);
      return answer.text();
    }).then((text) => {
      const page = new DOMParser().parseFromString(text, "text/html");
      folders.append(...page.querySelectorAll(".folders > li"));
      items.append(...page.querySelectorAll(".items > li"));
      const href = new URL(link.href);
      note(href.pathname + href.search);
      const following = page.querySelector(".more a");
      if (following) link.href = following.href; else link.parentElement.remove();
      arrows();
      return true;
    }, () => false).finally(() => {
      loading = null;
      watch();
    });
    return loading;
  };
  const watcher = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) more();
  }, { rootMargin: "1200px" });
  const watch = () => { // observed anew: it may be in sight still, and is told only of changes
    watcher.disconnect();
    const end = document.querySelector(".more");
    if (end && items.childElementCount < MOST_ITEMS) watcher.observe(end);
  };

  // --- one at a time ---

  const medium = (item) => {
    const kind = item.dataset.kind;
    if (kind === "picture") {
      const small = item.querySelector("img");
      const large = new Image();
      large.alt = item.dataset.name;
      large.draggable = false;
      large.addEventListener("error", () => {
        if (shown === item) stage.replaceChildren(Object.assign(document.createElement("p"), { textContent: "It cannot be shown." }));
      });
      large.src = item.href;
      if (small && small.complete && small.naturalWidth && !large.complete) {
        const stand = new Image();
        stand.className = "small";
        stand.alt = "";
        stand.src = small.src;
        large.addEventListener("load", () => stand.remove());
        return [stand, large];
      }
      return [large];
    }
    const player = document.createElement(kind === "film" ? "video" : "audio");
    player.controls = true;
    player.playsInline = true;
    player.preload = "metadata";
    player.src = item.href;
    return [player];
  };
  const arrows = () => {
    if (!shown) return;
    const list = all();
    const at = list.indexOf(shown);
    previous.disabled = at <= 0;
    next.disabled = at === list.length - 1 && !document.querySelector(".more a");
  };
  const show = (item) => {
    shown = item;
    const small = document.createElement("small");
    const list = all();
    const at = list.indexOf(item);
    const whole = !document.querySelector(".more a");
    small.textContent = `${at + 1}${whole ? ` of ${list.length}` : ""} · ${item.dataset.about}`;
    about.replaceChildren(item.dataset.name, small);
    original.href = item.href;
    original.download = item.dataset.name.split("/").pop();
    stage.style.transform = "";
    stage.replaceChildren(...medium(item));
    arrows();
    for (const near of [list[at + 1], list[at - 1]]) if (near && near.dataset.kind === "picture") new Image().src = near.href;
  };
  const address = (item) => `${pageOf.get(item)}#${encodeURIComponent(item.dataset.name)}`;
  const open = (item) => {
    if (!viewer.open) {
      viewer.showModal();
      history.pushState({ viewer: true }, "", address(item));
    } else history.replaceState({ viewer: true }, "", address(item));
    show(item);
  };
  const hide = () => {
    const item = shown;
    shown = null;
    stage.replaceChildren(); // a film stops
    if (viewer.open) viewer.close();
    if (item) {
      item.focus({ preventScroll: true });
      item.scrollIntoView({ block: "nearest" });
    }
  };
  const close = () => { if (history.state && history.state.viewer) history.back(); else hide(); };
  const step = async (by) => {
    if (!shown) return;
    let list = all();
    let at = list.indexOf(shown) + by;
    if (at >= list.length && await more()) list = all();
    if (at >= 0 && at < list.length && shown) open(list[at]);
  };

  items.addEventListener("click", (event) => {
    const item = event.target.closest(".item");
    if (!item || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(item);
  });
  viewer.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
  viewer.querySelector(".close").addEventListener("click", close);
  previous.addEventListener("click", () => step(-1));
  next.addEventListener("click", () => step(1));
  addEventListener("popstate", () => { if (viewer.open) hide(); else fromAddress(); });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (viewer.open) {
      if (event.target.matches("video, audio")) return; // its own keys
      const steps = { ArrowRight: 1, ArrowLeft: -1, PageDown: 1, PageUp: -1, " ": 1 };
      if (event.key in steps && !(event.key === " " && event.target.matches("button, a"))) { event.preventDefault(); step(steps[event.key]); }
      else if (event.key === "Home") open(all()[0]);
      else if (event.key === "End") open(all().at(-1));
      return;
    }
    const list = all();
    const at = list.indexOf(document.activeElement);
    if (at < 0) return;
    const across = getComputedStyle(items).gridTemplateColumns.split(" ").length;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + across, ArrowUp: at - across }[event.key];
    if (to !== undefined && list[to]) { event.preventDefault(); list[to].focus(); }
  });

  // --- swiping ---

  let from = null;
  stage.addEventListener("pointerdown", (event) => {
    from = event.pointerType === "mouse" || !event.isPrimary || event.target.closest("video, audio") ? null : event;
  });
  stage.addEventListener("pointermove", (event) => {
    if (from && event.pointerId === from.pointerId) stage.style.transform = `translateX(${event.clientX - from.clientX}px)`;
  });
  stage.addEventListener("pointercancel", () => { from = null; stage.style.transform = ""; });
  stage.addEventListener("pointerup", (event) => {
    if (!from || event.pointerId !== from.pointerId) return;
    const across = event.clientX - from.clientX;
    const down = event.clientY - from.clientY;
    from = null;
    stage.style.transform = "";
    if (Math.abs(across) > SWIPE_PIXELS && Math.abs(across) > Math.abs(down)) step(across < 0 ? 1 : -1);
  });

  // --- an address that names a picture ---

  const fromAddress = () => {
    let name = "";
    try { name = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const item = name && all().find((each) => each.dataset.name === name);
    if (item) {
      history.replaceState(null, "", location.pathname + location.search);
      open(item);
    }
  };
  watch();
  fromAddress();
})();
