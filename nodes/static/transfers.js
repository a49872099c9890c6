// Renews what moves on the page of transfers while it is looked at. Buttons are replaced only when the list itself has
// changed and nobody is at one of them, so that neither focus nor place is lost. Without scripts the page reloads.
(() => {
  "use strict";
  const MOVING = 2000;
  const RESTING = 10000;
  const rows = (page) => [...page.querySelectorAll("[data-row]")].map((row) => row.dataset.row).join(" ");

  const renew = (fresh) => {
    const list = document.getElementById("files");
    const newList = fresh.getElementById("files");
    if (list && newList && rows(document) !== rows(fresh) && !list.contains(document.activeElement)) {
      list.replaceWith(document.adoptNode(newList));
    }
    for (const part of document.querySelectorAll("[data-live]")) {
      const newPart = part.id && fresh.getElementById(part.id);
      if (newPart && !part.contains(document.activeElement)) {
        part.replaceWith(document.adoptNode(newPart));
      }
    }
  };

  const look = async () => {
    let pause = RESTING;
    if (document.visibilityState === "visible") {
      const unheard = document.getElementById("unheard");
      try {
        const answer = await fetch(location.href, { cache: "no-store" });
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (fresh.querySelector("progress")) pause = MOVING;
        if (answer.ok) {
          unheard.textContent = fresh.getElementById("unheard").textContent;
          renew(fresh);
        }
        unheard.hidden = answer.ok;
      } catch {
        unheard.hidden = false;
      }
    }
    setTimeout(look, pause);
  };
  setTimeout(look, MOVING);
})();
