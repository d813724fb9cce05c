// Keeps what stands in the element with data-follow as the server has it now, for as long as the page is looked at. It asks
// whether what it has (the value of data-follow) is still so. Without this script the page stays as it was loaded.

const EVERY_MS = 4_000;
const LONGEST_MS = 60_000;

const followed = document.querySelector("[data-follow]");
const status = document.getElementById("follow-status");
if (followed instanceof HTMLElement && status) follow(followed, status);

/**
 * @param {HTMLElement} element
 * @param {HTMLElement} status says what happened, in a live region
 */
function follow(element, status) {
  let failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const wait = () => {
    clearTimeout(timer);
    if (document.visibilityState !== "visible") return;
    timer = setTimeout(look, Math.min(EVERY_MS * 2 ** failures, LONGEST_MS));
  };

  const look = async () => {
    timer = undefined;
    const answer = await ask(element.dataset.follow ?? "");
    if (answer === "over") {
      status.textContent = "This page is no longer kept up to date. Load the page again to see why.";
      return;
    }
    if (answer === "failed") {
      failures++;
      if (failures === 3) status.textContent = "This page may be out of date: the service doesn't answer.";
    } else {
      if (answer !== "unchanged" && show(element, answer)) status.textContent = `Updated at ${now()}.`;
      else if (failures >= 3) status.textContent = "This page is up to date again.";
      failures = 0;
    }
    wait();
  };

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && timer === undefined) look();
    else wait();
  });
  wait();
}

/**
 * @param {string} etag of what is here
 * @returns {Promise<Document | "unchanged" | "failed" | "over">} over: nothing more will come, since whoever looks may not
 * see it any more or it is gone
 */
async function ask(etag) {
  try {
    const response = await fetch(location.href, {
      headers: { Accept: "text/html", "If-None-Match": etag, "X-Requested-With": "fetch" },
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(15_000),
    });
    if (response.status === 304) return "unchanged";
    if (response.status === 200) return new DOMParser().parseFromString(await response.text(), "text/html");
    return response.status < 500 && response.status !== 429 ? "over" : "failed";
  } catch {
    return "failed"; // the network, or a time-out
  }
}

/**
 * Makes the element what it is in the new document, and leaves alone what is the same: with the focus and what is selected.
 * @param {HTMLElement} element
 * @param {Document} document_
 * @returns whether something was to be done
 */
function show(element, document_) {
  const fresh = document_.getElementById(element.id);
  if (!fresh) return false;
  const before = element.innerHTML;
  const focused = document.activeElement;
  morph(element, fresh);
  if (element.innerHTML === before) return false;
  if (focused instanceof HTMLElement && document.activeElement !== focused) {
    // What was moved has lost the focus; where it is gone, whoever was there stays in the list.
    const next = focused.isConnected ? focused : element.querySelector("[tabindex]");
    if (next instanceof HTMLElement) next.focus({ preventScroll: true });
  }
  return true;
}

/**
 * @param {Element} old
 * @param {Element} fresh
 */
function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);

  const wanted = new Set(Array.from(fresh.children, ({ id }) => id));
  for (const child of [...old.children]) if (child.id && !wanted.has(child.id)) child.remove();
  const known = new Map(Array.from(old.children, (child) => [child.id, child]));
  let at = old.firstChild;
  for (const child of fresh.childNodes) {
    const id = child instanceof Element ? child.id : "";
    const same = id ? known.get(id) : isLike(at, child) ? at : undefined;
    if (!same) {
      old.insertBefore(document.importNode(child, true), at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else old.insertBefore(same, at);
    if (same instanceof Element && child instanceof Element) morph(same, child);
    else if (same.nodeValue !== child.nodeValue) same.nodeValue = child.nodeValue;
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/**
 * Whether one can become the other: of the same kind, and neither with a name of its own.
 * @param {ChildNode | null} old
 * @param {ChildNode} fresh
 * @returns {old is ChildNode}
 */
function isLike(old, fresh) {
  return old?.nodeName === fresh.nodeName && !(old instanceof Element && old.id);
}

function now() {
  return new Date().toLocaleTimeString();
}
