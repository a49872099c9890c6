// Says at once when more was chosen than one upload takes. The same limits stand beside the fields, and hold without this.
for (const field of document.querySelectorAll("input[type=file][data-too-much]")) {
  field.addEventListener("change", () => {
    const { mostFiles = Infinity, mostBytes = Infinity, tooMuch } = field.dataset;
    const files = [...field.files];
    const over = files.length > Number(mostFiles) || files.some((file) => file.size > Number(mostBytes));
    field.setCustomValidity(over ? tooMuch : "");
    field.reportValidity();
  });
}
