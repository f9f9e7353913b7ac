/* A grid of rows (form data-grid, tr data-grid-row data-name, fields data-col=N): Enter goes down; a column or block copied
   from a workbook is pasted from the field on, or by name when its first column is names. A field with data-by-name takes no
   column without names: who is next in a workbook is not who is next here. What was not taken is told in data-grid-told.
   Without this file the form is sent whole. */
(function () {
  "use strict";
  var YES = ["1", "是", "寄宿", "住校", "住宿", "√", "y", "yes"], NO = ["0", "否", "走读", "不住校", "×", "n", "no"];
  function rowsOf(grid) { return Array.prototype.slice.call(grid.querySelectorAll("[data-grid-row]")); }
  function cell(row, column) { return row && row.querySelector('[data-col="' + column + '"]'); }
  // Returns what became of the text: true (put in), false (nothing to do), or null (not understood).
  function put(field, text) {
    var value = text.trim();
    if (!value || field.disabled) return false; // a blank cell never erases
    if (field.tagName === "SELECT") {
      var word = value.toLowerCase();
      value = YES.indexOf(word) >= 0 ? "1" : NO.indexOf(word) >= 0 ? "0" : null;
      if (value === null) return null;
    }
    if (field.value === value) return false;
    field.value = value;
    return true;
  }
  function named(rows, name) {
    return rows.filter(function (row) { return row.dataset.name === name.replace(/\s/g, ""); });
  }
  // Pairs of [row, parts] in the order of the lines, and what is wrong with the block as a whole.
  function placed(rows, first, lines, field) {
    var names = lines.filter(function (parts) { return parts.length > 1 && named(rows, parts[0]).length; }).length;
    if (names * 2 > lines.length) {
      return { pairs: lines.map(function (parts) {
        var found = named(rows, parts[0]);
        return { row: found.length === 1 ? found[0] : null, parts: parts.slice(1), why: found.length ? "班里有几个" + parts[0] : "班里没有“" + parts[0] + "”" };
      }) };
    }
    if (field.hasAttribute("data-by-name") && lines.length > 1) return { refused: "粘贴账号要连姓名一起复制（第一列姓名、第二列账号），没有填入任何一行。" };
    if (lines.length > rows.length - first) return { refused: "复制了 " + lines.length + " 行，从这一格往下只有 " + (rows.length - first) + " 行，没有填入任何一行。顺序不同的，请连姓名列一起复制。" };
    return { pairs: lines.map(function (parts, down) { return { row: rows[first + down], parts: parts }; }) };
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
    var lines = text.split("\n").map(function (line) { return line.split("\t"); }), block = placed(rows, first, lines, field), told = [], put_in = 0;
    (block.pairs || []).forEach(function (pair) {
      var changed = null;
      if (!pair.row) told.push(pair.why);
      else pair.parts.forEach(function (part, right) {
        var target = cell(pair.row, column + right), became = target && put(target, part);
        if (became) changed = target;
        if (became === null && target) told.push(pair.row.dataset.name + "“" + part.trim() + "”看不懂");
      });
      if (changed) { put_in += 1; changed.dispatchEvent(new Event("change", { bubbles: true })); }
    });
    grid.querySelector("[data-grid-told]").textContent = block.refused || "填入 " + put_in + " 行。" + (told.length ? "没有填：" + told.join("；") + "。" : "");
  });
})();
