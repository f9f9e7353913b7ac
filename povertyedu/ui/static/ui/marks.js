/* A list of children to mark (form data-marks, rows data-number=N): typing a number in data-jump and Enter goes to
   that child's marks; Enter there comes back for the next. Without this file the marks are reached by Tab. */
(function () {
  "use strict";
  // The field shows only once scripts run, too late for autofocus; on a phone it would open the keyboard over the list.
  var first = document.querySelector("[data-marks] [data-jump]");
  if (first && document.activeElement === document.body && matchMedia("(min-width: 768px)").matches) first.focus({ preventScroll: true });
  document.addEventListener("keydown", function (event) {
    var field = event.target, form = field.closest && field.closest("[data-marks]");
    if (!form || event.key !== "Enter" || event.ctrlKey || event.isComposing || field.type === "submit") return;
    var jump = form.querySelector("[data-jump]");
    if (!jump) return;
    event.preventDefault();
    if (field !== jump) { jump.value = ""; jump.focus(); return; }
    var row = form.querySelector('tr[data-number="' + Number(jump.value) + '"]');
    var mark = row && row.querySelector("input:checked");
    if (mark) { mark.focus(); row.scrollIntoView({ block: "center" }); } else jump.select();
  });
})();
