"use strict";

// invisible characters, and those that change the direction of the text around them
const HIDDEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g;

const visible = (text) => text.replace(HIDDEN, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);

const element = (name, text, className) => {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
};

const sizeOf = (data) => (typeof data === "string" ? new TextEncoder().encode(data).length : data.length);

const bytesText = (count) => `${count.toLocaleString("en")} byte${count === 1 ? "" : "s"}`;

const bytesOfHex = (text) => {
  const digits = text.replace(/\s+/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error("This is not made of pairs of hex digits.");
  return Uint8Array.from(digits.match(/../g) || [], (pair) => parseInt(pair, 16));
};

const hexOfBytes = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");

// show the answer to a form, and remove the previous one
const showCard = (summary, ...content) => {
  document.getElementById("progress").textContent = summary;
  const card = document.createElement("section");
  card.append(element("h2", "The answer"), ...content);
  document.getElementById("answer").replaceChildren(card);
  card.scrollIntoView({ block: "nearest" });
};

const folded = (title, ...content) => {
  const details = document.createElement("details");
  details.append(element("summary", title), ...content);
  return details;
};

const scrollable = (text) => {
  const made = element("pre", text);
  made.tabIndex = 0;
  return made;
};
