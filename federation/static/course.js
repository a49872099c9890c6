// Which lessons of a course are done, kept on this device and sent to nobody. Every page works without this file.
"use strict";

(() => {
  const kept = (course) => `course ${course}`;
  const read = (course) => {
    try {
      const found = JSON.parse(localStorage.getItem(kept(course)));
      return new Set(Array.isArray(found) ? found.filter((one) => typeof one === "string") : []);
    } catch { return new Set(); }
  };
  const write = (course, done) => {
    try {
      if (done.size) localStorage.setItem(kept(course), JSON.stringify([...done]));
      else localStorage.removeItem(kept(course));
      return true;
    } catch { return false; }
  };

  const plan = document.querySelector("[data-course]");
  if (plan) {
    const course = plan.dataset.course;
    const lessons = [...plan.querySelectorAll("li[data-lesson]")];
    const said = plan.querySelector("[data-said]");
    const show = () => {
      const done = read(course);
      const count = lessons.filter((one) => done.has(one.dataset.lesson)).length;
      for (const one of lessons) one.querySelector("[data-done]").hidden = !done.has(one.dataset.lesson);
      const words = count === lessons.length ? said.dataset.whole : said.dataset.words;
      said.textContent = words.replace("{done}", count).replace("{all}", lessons.length);
      plan.querySelector("[data-bar]").value = count;
      plan.querySelector("[data-progress]").hidden = plan.querySelector("[data-kept]").hidden = !count;
    };
    plan.querySelector("[data-forget]").addEventListener("click", () => { write(course, new Set()); show(); });
    window.addEventListener("storage", show);
    window.addEventListener("pageshow", show);
    show();
  }

  const way = document.querySelector("[data-of]");
  if (way) {
    const { of: course, lesson } = way.dataset;
    const place = way.querySelector("[data-mark]");
    const mark = place.querySelector("button");
    const show = () => {
      const done = read(course).has(lesson);
      mark.setAttribute("aria-pressed", String(done));
      mark.textContent = done ? mark.dataset.did : mark.dataset.todo;
    };
    mark.addEventListener("click", () => {
      const done = read(course);
      if (!done.delete(lesson)) done.add(lesson);
      if (write(course, done)) show();
      else mark.textContent = mark.dataset.full;
    });
    // Where the browser keeps nothing there is nothing to press.
    place.hidden = !write(course, read(course));
    show();
  }
})();
