// the console for `/ws`; echo.py describes the protocol
(() => {
  const MAX_ENTRIES = 200;
  const MAX_LETTERS = 8000;
  const MAX_BYTES = 1024;
  const WIDTH = 64;
  const MEANINGS = {
    1005: "no code was sent",
    1006: "no close frame was received: the connection was refused, or broke",
  };

  const forms = Object.fromEntries(["opener", "writer", "closer"].map((name) => [name, document.getElementById(name)]));
  const log = document.getElementById("log");
  const status = document.getElementById("console-status");
  const field = (form, name) => forms[form].elements.namedItem(name);
  const enable = (form, enabled) => {
    forms[form].querySelector("fieldset").disabled = !enabled;
  };

  let socket = null;
  let isFollowed = true;

  // values

  const oneLine = (value) => JSON.stringify(value, null, 1).replace(/\n\s*/g, " ");

  const layout = (value, indent = "") => {
    const line = oneLine(value);
    const isPair = Array.isArray(value) && value.length === 2 && value.every((item) => typeof item === "string");
    if (value === null || typeof value !== "object" || isPair || line.length + indent.length <= WIDTH) return line;
    const inner = `${indent}  `;
    const [open, close] = Array.isArray(value) ? "[]" : "{}";
    const items = Array.isArray(value)
      ? value.map((item) => layout(item, inner))
      : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${layout(item, inner)}`);
    return `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`;
  };

  const attempt = (read, data) => {
    try {
      return read(data);
    } catch {
      return undefined;
    }
  };

  const isContainer = (value) => typeof value === "object" && value !== null;
  const unpacked = (bytes) => attempt(messagePack.unpack, bytes);
  const decoded = (data) => (typeof data === "string" ? attempt(JSON.parse, data) : unpacked(data));

  // the log

  const block = (text) => {
    const cut = text.length > MAX_LETTERS;
    return element("pre", visible(text.slice(0, MAX_LETTERS)) + (cut ? "\n…" : ""));
  };

  const follow = () => {
    if (isFollowed) log.scrollTop = log.scrollHeight;
  };

  const enter = (what, facts, className, ...content) => {
    const entry = element("div", "", `entry ${className}`);
    const line = element("p", "");
    const now = new Date();
    const time = element("time", `${now.toTimeString().slice(0, 8)}.${String(now.getMilliseconds()).padStart(3, "0")}`);
    line.append(element("strong", what), " ", element("span", visible(facts)), " ", time);
    entry.append(line, ...content);
    log.append(entry);
    while (log.childElementCount > MAX_ENTRIES) log.firstElementChild.remove();
    follow();
  };

  const enterMessage = (what, data, className) => {
    if (typeof data === "string") {
      enter(what, `text, ${bytesText(sizeOf(data))}`, className, block(data || "(empty)"));
      return;
    }
    const value = unpacked(data);
    const hex = hexOfBytes(data.subarray(0, MAX_BYTES)) + (data.length > MAX_BYTES ? " …" : "");
    const content = [block(hex || "(empty)")];
    if (isContainer(value)) content.push(element("p", "as MessagePack:", "hint"), block(layout(value)));
    enter(what, `binary, ${bytesText(data.length)}`, className, ...content);
  };

  const enterReport = (report) => {
    const details = element("details", "");
    const isHandshake = report.report === "handshake";
    details.open = isHandshake;
    details.append(element("summary", isHandshake ? "What the application saw" : "The report"), block(layout(report)));
    if (isHandshake) {
      enter("handshake", `${report.url}, read as ${report.as}`, "told", details);
      return;
    }
    const facts = `${report.kind}, ${bytesText(report.size)}, read as ${report.as}, state ${report.connection_state}`;
    const bad = report.error ? [element("p", visible(`${report.error.type}: ${report.error.detail}`), "bad")] : [];
    enter(`report ${report.number}`, facts, "told", ...bad, details);
  };

  // the connection

  const show = (state, text) => {
    // disabling a field removes its focus
    const focused = document.activeElement;
    const isLost = !focused || focused === document.body || Object.values(forms).some((form) => form.contains(focused));
    enable("opener", state === "closed");
    enable("writer", state === "open");
    enable("closer", state !== "closed");
    status.textContent = visible(text);
    status.className = state === "open" ? "good" : "";
    if (isLost && state === "open") field("writer", "message").focus({ preventScroll: true });
    if (isLost && state === "closed") field("opener", "connect").focus({ preventScroll: true });
  };

  const addressOf = (path) => {
    const url = new URL(`/${path.trim().replace(/^[/\\]+/, "")}`, location.origin);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.hash = "";
    return url;
  };

  // if reports are on, each says whether an echo follows
  const receiver = (hasReports) => {
    let isEcho = false;
    return (data) => {
      const report = isEcho ? undefined : decoded(data);
      const isReport = isContainer(report) && (report.report === "handshake" || report.report === "message");
      if (isReport && (hasReports || report.error)) {
        enterReport(report);
        isEcho = hasReports && report.report === "message" && report.answer !== null;
      } else {
        enterMessage(isEcho || !hasReports ? "echo" : "received", data, "received");
        isEcho = false;
      }
    };
  };

  const connect = () => {
    const url = addressOf(field("opener", "path").value);
    const offered = field("opener", "subprotocols").value.split(/[\s,]+/).filter(Boolean);
    const opened = new WebSocket(url, offered);
    const take = receiver(url.searchParams.get("report") === "on");
    let wasOpen = false;
    opened.binaryType = "arraybuffer";
    opened.addEventListener("open", () => {
      wasOpen = true;
      const chosen = opened.protocol ? `, subprotocol ${opened.protocol}` : "";
      enter("connected", `to ${url}${chosen}`, "");
      show("open", `Connected${chosen}`);
    });
    opened.addEventListener("message", ({ data }) => take(typeof data === "string" ? data : new Uint8Array(data)));
    opened.addEventListener("close", ({ code, reason, wasClean }) => {
      socket = null;
      const meaning = reason ? `reason: ${reason}` : MEANINGS[code];
      const facts = `code ${code}${meaning ? `, ${meaning}` : ""}${wasClean || !wasOpen ? "" : ", not cleanly"}`;
      enter(wasOpen ? "closed" : "not connected", facts, wasClean ? "" : "broken");
      show("closed", wasOpen ? `Closed: ${facts}` : `Not connected: ${facts}`);
    });
    socket = opened;
    show("connecting", "Connecting …");
  };

  const encoders = {
    text: (text) => text,
    hex: bytesOfHex,
    json: (text) => {
      JSON.parse(text);
      return text;
    },
    msgpack: (text) => messagePack.pack(JSON.parse(text)),
  };

  const send = () => {
    const data = encoders[field("writer", "form").value](field("writer", "message").value);
    socket.send(data);
    enterMessage("sent", data, "sent");
  };

  const disconnect = () => {
    const code = field("closer", "code").value.trim();
    const reason = field("closer", "reason").value;
    if (reason && !code) throw new Error("A reason needs a close code.");
    if (code) socket.close(Number(code), reason);
    else socket.close();
    status.textContent = "Disconnecting …";
  };

  const problems = [];
  for (const [name, action] of Object.entries({ opener: connect, writer: send, closer: disconnect })) {
    const problem = forms[name].querySelector("[role=alert]");
    problems.push(problem);
    forms[name].addEventListener("submit", (event) => {
      event.preventDefault();
      for (const one of problems) one.textContent = "";
      try {
        action();
      } catch (error) {
        problem.textContent = error.message;
      }
    });
  }
  field("writer", "message").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    forms.writer.requestSubmit();
  });
  log.addEventListener("scroll", () => {
    isFollowed = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  });
  new ResizeObserver(follow).observe(log);
  document.getElementById("clear").addEventListener("click", () => log.replaceChildren());
  document.getElementById("clear").disabled = false;
  enable("opener", true);
})();
