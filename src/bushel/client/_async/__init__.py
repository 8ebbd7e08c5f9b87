"""The library's face for programs with an event loop; the other face is made from these files."""
