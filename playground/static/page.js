// Keeps the messages fresh without touching what is being typed. The server has escaped everything it sends.
"use strict";
const place = document.getElementById("messages");
let last = place.innerHTML;
async function refresh() {
  try {
    const answer = await fetch("/fragment" + window.location.search, { credentials: "same-origin" });
    const text = answer.ok ? await answer.text() : last;
    if (text !== last) {
      place.innerHTML = last = text;
      window.scrollTo(0, document.body.scrollHeight);
    }
  } catch (problem) {
    // The playground has stopped or restarts; the next round asks again.
  }
  window.setTimeout(refresh, 500);
}
refresh();
for (const choice of document.querySelectorAll("form.switch select")) {
  choice.addEventListener("change", () => choice.form.submit());
}
