/* A grid of rows (form data-grid, tr data-grid-row, fields data-col=N): Enter goes down, a column or block
   copied from a workbook is pasted from the field on. Without this file the form is sent whole. */
(function () {
  "use strict";
  var YES = ["1", "是", "寄宿", "住校", "住宿", "√", "y", "yes"], NO = ["0", "否", "走读", "不住校", "×", "n", "no"];
  function rowsOf(grid) { return Array.prototype.slice.call(grid.querySelectorAll("[data-grid-row]")); }
  function cell(row, column) { return row && row.querySelector('[data-col="' + column + '"]'); }
  function put(field, text) {
    var value = text.trim();
    if (!value || field.disabled) return false; // a blank cell never erases
    if (field.tagName === "SELECT") {
      var word = value.toLowerCase();
      value = YES.indexOf(word) >= 0 ? "1" : NO.indexOf(word) >= 0 ? "0" : null;
      if (value === null) return false;
    }
    if (field.value === value) return false;
    field.value = value;
    return true;
  }
  document.addEventListener("keydown", function (event) {
    var field = event.target, grid = field.closest && field.closest("[data-grid]");
    if (!grid || event.key !== "Enter" || event.ctrlKey || event.isComposing || !field.dataset.col) return;
    event.preventDefault();
    var rows = rowsOf(grid), next = cell(rows[rows.indexOf(field.closest("[data-grid-row]")) + (event.shiftKey ? -1 : 1)], field.dataset.col);
    if (next) { next.focus(); if (next.select) next.select(); } else field.blur();
  });
  document.addEventListener("paste", function (event) {
    var field = event.target, grid = field.closest && field.closest("[data-grid]");
    if (!grid || !field.dataset.col) return;
    var text = (event.clipboardData || window.clipboardData).getData("text").replace(/\r/g, "").replace(/\n+$/, "");
    if (text.indexOf("\n") < 0 && text.indexOf("\t") < 0) return;
    event.preventDefault();
    var rows = rowsOf(grid), first = rows.indexOf(field.closest("[data-grid-row]")), column = Number(field.dataset.col);
    text.split("\n").forEach(function (line, down) {
      var changed = null;
      line.split("\t").forEach(function (part, right) {
        var target = cell(rows[first + down], column + right);
        if (target && put(target, part)) changed = target;
      });
      if (changed) changed.dispatchEvent(new Event("change", { bubbles: true }));
    });
  });
})();
