/* Help on the form: what files propose, keywords from the text, a licence by questions, evidence where it is needed. */
"use strict";

(() => {
  const commons = window.CommonsForm;
  if (!commons) return;
  const { form, field, say, says, ask, live, values, changed, checking, name_of, button } = commons;
  const touched = new Set();
  const own = event => { if (event.isTrusted && event.target.name) touched.add(event.target.name); };
  form.addEventListener("input", own);
  form.addEventListener("change", own);

  /* -- what files propose ------------------------------------------------------------------------------ */

  const DEFAULTS = { language: "zh", "creators.role": "author" };

  async function proposals() {
    let said;
    try {
      said = await ask(live + "proposals", values());
    } catch { return; }
    const filled = form.dataset.fresh === "yes" ? Object.entries(said.values).filter(([name, found]) => fill(name, found)) : [];
    if (filled.length) {
      const named = new Set(filled.map(([name]) => label_of(name)).filter(Boolean));
      announce(say("filled", { names: [...named].join(says.separator) }));
      changed();
      checking();
    }
    words(said.keywords);
  }

  /* Fill in what nobody has touched and is empty; whether anything was. */
  function fill(name, found) {
    const inputs = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)].filter(one => !one.closest("template"));
    if (!inputs.length || touched.has(name)) return false;
    // Who has given a title in one language needs none of a file in another.
    if (name.startsWith("title.") && ["title.zh", "title.en"].some(one => field(one).value)) return false;
    if (inputs[0].type === "checkbox") {
      const now = inputs.filter(one => one.checked).map(one => one.value);
      if (now.join() !== (DEFAULTS[name] ?? "") || now.join() === found.join()) return false;
      for (const one of inputs) one.checked = found.includes(one.value);
      return true;
    }
    if (inputs.some(one => one.value && one.value !== DEFAULTS[name])) return false;
    const group = inputs[0].closest("[data-rows]");
    for (let more = found.length - inputs.length; group && more > 0; more -= 1) {
      group.querySelector("template").before(commons.numbered(group.querySelector("template"), group.querySelectorAll(":scope > .cells").length));
    }
    const rows = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
    found.slice(0, rows.length).forEach((value, at) => { rows[at].value = value; note(rows[at]); });
    return name !== "creators.role";
  }

  function note(input) {
    input.classList.add("proposed");
    input.addEventListener("input", () => input.classList.remove("proposed"), { once: true });
  }

  const label_of = name => {
    const input = form.querySelector(`[name="${CSS.escape(name)}"]`);
    const group = input?.closest("fieldset[id]");
    return input && name_of(group ? group.id : input.id);
  };

  const heard = Object.assign(document.createElement("p"), { className: "meta filled" });
  heard.setAttribute("role", "status");
  document.getElementById("part-what").after(heard);
  const announce = text => { heard.textContent = text; };

  form.addEventListener("files-read", proposals);
  for (const name of ["title.zh", "title.en", "summary.zh", "summary.en", "description.zh"]) field(name)?.addEventListener("change", proposals);

  /* -- keywords ---------------------------------------------------------------------------------------- */

  const box = document.getElementById("suggested"), keywords = field("keywords");

  function words(found) {
    const holder = box.querySelector(".words");
    holder.replaceChildren(...found.map(word => {
      const chip = button(word, () => {
        const text = keywords.value.trim();
        keywords.value = text ? text + says.joiner + word : word;
        chip.remove();
        box.hidden = !holder.children.length;
        changed();
        checking();
      }, "chip");
      chip.setAttribute("aria-label", say("add", { word }));
      return chip;
    }));
    box.hidden = !found.length;
  }
  if (!box.hidden) proposals();

  /* -- the licence ------------------------------------------------------------------------------------- */

  const chooser = document.getElementById("chooser"), outcome = chooser.querySelector(".outcome");

  async function decide() {
    const said = await ask(chooser.dataset.licence, values()).catch(() => null);
    if (!said) return;
    for (const one of chooser.querySelectorAll("[data-question]")) one.hidden = !said.asked.includes(one.dataset.question);
    chooser.querySelector(".take:not(.scripted-take)")?.remove();
    const parts = [];
    if (said.code) {
      const name = Object.assign(document.createElement("b"), { textContent: said.label });
      const line = document.createElement("p");
      line.append(name, " ", said.plain);
      parts.push(line, button(say("take"), () => {
        field("license").value = said.code;
        outcome.replaceChildren(Object.assign(document.createElement("p"), { textContent: say("taken", { name: said.label }) }));
        changed();
        checking();
      }, "btn small scripted-take"));
    } else if (said.plain) {
      parts.push(Object.assign(document.createElement("p"), { textContent: said.plain }));
    }
    outcome.replaceChildren(...parts);
  }
  chooser.addEventListener("change", decide);
  chooser.addEventListener("toggle", () => { if (chooser.open) decide(); });
  if (chooser.open) decide();

  /* -- evidence ---------------------------------------------------------------------------------------- */

  const evidence = document.getElementById("part-evidence");
  const TYPES = ["document", "photo", "artefact"], THEMES = ["red-metrology", "history"];

  function sensitive() {
    const type = field("type").value;
    const themes = [...form.querySelectorAll('[name="themes"]:checked')].map(one => one.value);
    const needed = TYPES.includes(type) && themes.some(one => THEMES.includes(one));
    evidence.querySelector(".needed").hidden = !needed;
    if (needed) evidence.open = true;
    for (const one of evidence.querySelectorAll("[data-example]")) one.hidden = needed && one.dataset.example !== type;
  }
  form.addEventListener("change", event => { if (["type", "themes"].includes(event.target.name)) sensitive(); });
  form.addEventListener("files-read", sensitive);
})();
