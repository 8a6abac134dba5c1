// Keeps the messages and the modal fresh without touching what is being typed. The server has escaped what it sends.
"use strict";
const parts = [["messages", "/fragment"], ["modal", "/modal"]].map(([id, path]) => {
  const place = document.getElementById(id);
  return { place, path, last: null };
});
function busy(place) {
  const field = document.activeElement;
  const typing = place.contains(field) && /^(INPUT|TEXTAREA|SELECT)$/.test(field.tagName);
  return place.id === "messages" && (typing || place.querySelector("details[open]") !== null);
}
function toEnd(place) {
  place.scrollTop = place.scrollHeight;
}
async function refresh(part) {
  const answer = await fetch(part.path + window.location.search, { credentials: "same-origin" });
  if (!answer.ok) return;
  const text = await answer.text();
  if (text === part.last || busy(part.place)) return;
  const atEnd = part.last === null || part.place.scrollTop + part.place.clientHeight >= part.place.scrollHeight - 80;
  part.place.innerHTML = part.last = text;
  if (atEnd) toEnd(part.place);
}
async function rounds() {
  for (const part of parts) {
    try {
      await refresh(part);
    } catch (problem) {
      // The playground has stopped or restarts; the next round asks again.
    }
  }
  window.setTimeout(rounds, 400);
}
toEnd(parts[0].place);
rounds();
for (const choice of document.querySelectorAll("form.switch select")) {
  choice.addEventListener("change", () => choice.form.submit());
}
