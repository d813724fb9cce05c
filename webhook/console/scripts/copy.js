// Buttons that copy what stands beside them. Without this script they stay hidden.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!(button instanceof HTMLButtonElement)) continue;
  const source = document.getElementById(button.dataset.copy ?? "");
  // Only a page that came by https, or from this machine, may write to the clipboard.
  if (!source || !navigator.clipboard) continue;
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText((source.textContent ?? "").trim());
      button.textContent = "Copied";
    } catch {
      // Not allowed: then what is to be copied is at least selected.
      getSelection()?.selectAllChildren(source);
      button.textContent = "Selected";
    }
    setTimeout(() => {
      button.textContent = label;
    }, 2_000);
  });
}
