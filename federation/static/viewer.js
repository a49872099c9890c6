// Pictures and pages in large, one after the other. Without this file their links lead to the large ones by themselves.
"use strict";

(() => {
  const dialog = document.querySelector("[data-viewer]");
  const links = [...document.querySelectorAll("a[data-look]")];
  if (!dialog || !links.length || !dialog.showModal) return;
  const part = (name) => dialog.querySelector(`[data-${name}]`);
  const button = (name) => dialog.querySelector(`[data-do="${name}"]`);
  const [image, stage, words, nth] = ["shown", "stage", "words", "nth"].map(part);
  let here = 0;

  const zoom = (on) => {
    const full = links[here].dataset.full;
    if (on && full && !image.src.endsWith(full)) image.src = full;
    stage.classList.toggle("close", on);
    button("zoom").setAttribute("aria-pressed", String(on));
    if (on) stage.focus();
  };
  const show = (index) => {
    here = (index + links.length) % links.length;
    const small = links[here].querySelector("img");
    zoom(false);
    image.src = links[here].href;
    image.alt = small.alt;
    image.lang = small.lang;
    words.textContent = small.alt;
    words.lang = small.lang;
    nth.textContent = `${here + 1} / ${links.length}`;
  };
  const acts = {
    back: () => show(here - 1),
    on: () => show(here + 1),
    zoom: () => zoom(!stage.classList.contains("close")),
    close: () => dialog.close(),
  };

  for (const name of ["back", "on"]) button(name).hidden = links.length < 2;
  links.forEach((link, index) => link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    show(index);
    dialog.showModal();
  }));
  dialog.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-do]");
    if (pressed) acts[pressed.dataset.do]();
    else if (event.target === image) acts.zoom();
    else if (event.target === dialog) acts.close();
  });
  dialog.addEventListener("keydown", (event) => {
    const closer = stage.classList.contains("close");
    // Close up, the arrows move the picture.
    if (event.key === "ArrowLeft" && !closer) acts.back();
    else if (event.key === "ArrowRight" && !closer) acts.on();
    else if (event.key === "+" || event.key === "=") zoom(true);
    else if (event.key === "-") zoom(false);
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("close", () => {
    image.removeAttribute("src");
    links[here].focus();
  });
})();
