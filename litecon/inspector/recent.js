// the list of recent requests, if the inspector keeps them, and the copy buttons
(() => {
  const copy = async (button, text) => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      // without https there is no clipboard, but the text is selected, so that the user can copy it
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };

  for (const button of document.querySelectorAll("button.copy")) {
    const source = document.getElementById(button.dataset.copies);
    button.hidden = false;
    button.addEventListener("click", () => {
      getSelection().selectAllChildren(source);
      copy(button, source.textContent);
    });
  }

  const holder = document.getElementById("recent-socket");
  if (!holder) return;
  const list = document.getElementById("recent-list");
  const state = document.getElementById("recent-state");
  const POLL = 1000;
  const KEPT = 50;
  let last = 0;

  const shown = (entry) => {
    const size = entry.size === null ? "not received" : bytesText(entry.size);
    const line = `${entry.time} ${entry.method} ${entry.url} \u2192 ${entry.status}, ${size}, from ${entry.client}`;
    const command = element("pre", visible(entry.curl || ""));
    const button = element("button", "Copy", "quiet copy");
    button.type = "button";
    button.addEventListener("click", () => {
      getSelection().selectAllChildren(command);
      copy(button, entry.curl);
    });
    const row = element("div", "", "line");
    row.append(command, button);
    return folded(visible(line), row);
  };

  const watch = () => {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${holder.dataset.socket}`);
    const ask = () => socket.readyState === WebSocket.OPEN && socket.send(String(last));
    socket.addEventListener("open", ask);
    socket.addEventListener("message", (event) => {
      for (const entry of JSON.parse(event.data)) {
        last = entry.number;
        list.prepend(shown(entry));
      }
      while (list.childElementCount > KEPT) list.lastElementChild.remove();
      state.textContent = `${list.childElementCount} of the last ${KEPT}, the newest first.`;
      setTimeout(ask, POLL);
    });
    socket.addEventListener("close", () => {
      state.textContent = "Not connected.";
      // a new process starts counting from 1 again
      last = 0;
      list.replaceChildren();
      setTimeout(watch, 5 * POLL);
    });
  };
  watch();
})();
