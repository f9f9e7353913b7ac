/* The text of a policy: line numbers beside it, and a problem's link goes to its line. Without this file
   the problems still quote the line they are on. Floor: Chromium 86. */
(function () {
  "use strict";
  function number(text) {
    var lines = text.parentNode.querySelector(".line-numbers");
    var count = text.value.split("\n").length, told = "";
    for (var n = 1; n <= count; n += 1) told += n + "\n";
    lines.textContent = told;
    lines.scrollTop = text.scrollTop;
  }
  function goTo(line) {
    var text = document.querySelector("textarea[data-lines]");
    var lines = text.value.split("\n"), start = 0;
    for (var n = 0; n < line - 1 && n < lines.length; n += 1) start += lines[n].length + 1;
    text.focus();
    text.setSelectionRange(start, start + (lines[line - 1] || "").length);
    text.scrollTop = text.scrollHeight / lines.length * Math.max(0, line - 6);
  }
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("textarea[data-lines]").forEach(function (text) {
      var gutter = document.createElement("pre");
      gutter.className = "line-numbers";
      gutter.setAttribute("aria-hidden", "true");
      text.parentNode.classList.add("numbered");
      text.parentNode.insertBefore(gutter, text);
      number(text);
      text.addEventListener("input", function () { number(text); });
      text.addEventListener("scroll", function () { gutter.scrollTop = text.scrollTop; });
    });
  });
  document.addEventListener("click", function (event) {
    var link = event.target.closest("[data-line]");
    if (link) { event.preventDefault(); goTo(Number(link.dataset.line)); }
  });
})();
