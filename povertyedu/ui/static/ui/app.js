/* Progressive only: every page works without this file. Hooks are data attributes, listened to once
   on the document, so that content brought in by htmx needs no set-up. Floor: Chromium 86.

   data-queue on a form: boxes data-pick (data-fen), data-pick-all, data-pick-matching (data-count, data-fen)
     are counted into data-picked-count and data-picked-yuan
   .drawer: a fragment swapped into it opens it; data-drawer-title takes the focus;
     data-drawer-step (-1, 1) opens what the next link of the same list leads to
   data-enter-next on a form: Enter goes to the next field
   data-key="save" | "next" on a button: Ctrl+S, Ctrl+Enter
   data-autosave on a form with hx-post=DRAFT hx-trigger="change delay:1s, every 20s" hx-target="#saved":
     sent only when something was typed since the last time; an ordinary submit is left alone
   data-error-summary takes the focus; data-fill=ID on a button adds its text to a field
   data-print, data-dismiss, data-toggle-nav: what they say */
(function () {
  "use strict";
  document.documentElement.classList.add("js");
  var on = function (name, act) { document.addEventListener(name, act); };

  // ---- queue: pick rows, show count and money at once (amounts are integer fen) ----
  function yuan(fen) {
    return Math.floor(fen / 100).toString().replace(/\B(?=(\d{3})+$)/g, ",") + "." + String(fen % 100).padStart(2, "0");
  }
  function showPicked(queue) {
    var count = 0, fen = 0;
    var boxes = queue.querySelectorAll("[data-pick]");
    boxes.forEach(function (box) {
      box.closest("tr").classList.toggle("picked", box.checked);
      if (box.checked) { count += 1; fen += Number(box.dataset.fen || 0); }
    });
    var every = queue.querySelector("[data-pick-matching]");
    if (every && every.checked) { count = Number(every.dataset.count); fen = Number(every.dataset.fen || 0); }
    queue.querySelectorAll("[data-picked-count]").forEach(function (out) { out.textContent = count; });
    queue.querySelectorAll("[data-picked-yuan]").forEach(function (out) { out.textContent = yuan(fen); });
  }
  on("change", function (event) {
    var box = event.target, queue = box.closest("[data-queue]");
    if (!queue) return;
    if (box.matches("[data-pick-all]")) {
      queue.querySelectorAll("[data-pick]:not(:disabled)").forEach(function (one) { one.checked = box.checked; });
    }
    if (box.matches("[data-pick-all], [data-pick], [data-pick-matching]")) showPicked(queue);
  });

  // ---- drawer: opens when its content has come, focus moves to the title and returns to the link ----
  var opener = null;
  function markCurrentRow(link) {
    document.querySelectorAll("tr.current").forEach(function (row) { row.classList.remove("current"); });
    var row = link && link.closest("tr");
    if (row) row.classList.add("current");
  }
  function focusTitle(drawer) {
    var title = drawer.querySelector("[data-drawer-title]");
    if (title) title.focus();
  }
  function neighbour(step) {
    if (!opener || !opener.getAttribute("hx-target")) return null;
    var links = Array.prototype.slice.call(document.querySelectorAll('[hx-target="' + opener.getAttribute("hx-target") + '"]'));
    return links.indexOf(opener) < 0 ? null : links[links.indexOf(opener) + step] || null;
  }
  on("htmx:afterSwap", function (event) {
    var drawer = event.detail.target.closest(".drawer");
    if (!drawer) return;
    var source = event.detail.requestConfig.elt;
    if (!drawer.contains(source)) { opener = source; markCurrentRow(source); }
    drawer.querySelectorAll("[data-drawer-step]").forEach(function (button) {
      button.disabled = !neighbour(Number(button.dataset.drawerStep));
      button.hidden = !neighbour(-1) && !neighbour(1);
    });
    if (drawer.classList.contains("show")) focusTitle(drawer);
    else window.bootstrap.Offcanvas.getOrCreateInstance(drawer).show();
  });
  on("shown.bs.offcanvas", function (event) { focusTitle(event.target); });
  on("hidden.bs.offcanvas", function () {
    markCurrentRow(null);
    var back = opener && document.contains(opener) ? opener : document.getElementById("main");
    if (back) back.focus();
    opener = null;
  });

  // ---- forms: Enter to the next field, Ctrl+S, Ctrl+Enter, drafts only when something changed ----
  function fieldsOf(form) {
    return Array.prototype.filter.call(form.elements, function (field) {
      return field.matches("input:not([type=hidden]), select, textarea") && !field.disabled && !field.readOnly && field.offsetParent;
    });
  }
  on("keydown", function (event) {
    var form = event.target.closest && event.target.closest("form");
    if (event.ctrlKey || event.metaKey) {
      var key = event.key.toLowerCase() === "s" ? "save" : event.key === "Enter" ? "next" : null;
      var button = key && (form || document).querySelector("[data-key=" + key + "]");
      if (button) { event.preventDefault(); button.click(); }
      return;
    }
    if (event.key !== "Enter" || event.isComposing || !form || !form.hasAttribute("data-enter-next")) return;
    if (!event.target.matches("input:not([type=submit]):not([type=button]):not([type=file]), select")) return;
    event.preventDefault();
    var fields = fieldsOf(form), next = fields[fields.indexOf(event.target) + 1];
    if (next) { next.focus(); if (next.select) next.select(); }
    else { var submit = form.querySelector("[type=submit]"); if (submit) submit.focus(); }
  });
  on("input", function (event) {
    var form = event.target.closest("[data-autosave]");
    if (form) form.dataset.changed = "1";
  });
  on("htmx:beforeRequest", function (event) {
    var form = event.detail.elt;
    if (!form.matches("[data-autosave]")) return;
    if (form.dataset.changed) delete form.dataset.changed;
    else event.preventDefault();
  });
  on("submit", function (event) {
    // A second click on a slow line must not send the form twice; the server is guarded as well.
    var form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(function () { delete form.dataset.sent; }, 3000);
  });

  // ---- errors: after a refused form the reader starts at the summary ----
  function focusSummary(root) {
    var summary = root.querySelector && root.querySelector("[data-error-summary]");
    if (summary) summary.focus();
  }
  on("DOMContentLoaded", function () { focusSummary(document); });
  // Going back restores the boxes only after the document is there.
  window.addEventListener("pageshow", function () { document.querySelectorAll("[data-queue]").forEach(showPicked); });
  on("htmx:afterSettle", function (event) { focusSummary(event.detail.elt); });

  // ---- messages ----
  function toast(text, status) {
    var region = document.getElementById("toasts");
    if (!region) return;
    var item = document.createElement("div"), line = document.createElement("p"), close = document.createElement("button");
    item.className = "toast-item message-" + status;
    line.textContent = text;
    close.type = "button"; close.className = "btn-close"; close.setAttribute("aria-label", "关闭提示");
    close.setAttribute("data-dismiss", "");
    item.append(line, close);
    region.append(item);
    if (status !== "bad") setTimeout(function () { item.remove(); }, 6000);
  }
  on("toast", function (event) { toast(event.detail.text || event.detail.value, event.detail.status || "info"); });
  on("htmx:responseError", function (event) {
    var code = event.detail.xhr.status;
    toast(code === 403 ? "您没有办理这一步的权限，请联系县教育局系统管理员。"
      : code === 404 ? "没有找到这条记录，可能已被删除或不在您的管理范围内，请刷新页面。"
      : "系统没有办成（" + code + "），数据未改动，请稍后再试。", "bad");
  });
  on("htmx:sendError", function () { toast("网络不通，刚才的操作没有送达，请检查网络后再试。", "bad"); });
  on("htmx:beforeSwap", function (event) {
    // The session ended: the login page came instead of a fragment, so show it whole.
    var xhr = event.detail.xhr, path = event.detail.pathInfo.requestPath;
    if (xhr.responseURL && /^\s*<!doctype/i.test(xhr.responseText) && xhr.responseURL.indexOf(path) < 0) {
      event.detail.shouldSwap = false;
      window.location.assign(xhr.responseURL);
    }
  });

  // ---- small ones ----
  on("click", function (event) {
    var hit = function (selector) { return event.target.closest(selector); }, found;
    if (hit("[data-print]")) window.print();
    if ((found = hit("[data-drawer-step]")) && (found = neighbour(Number(found.dataset.drawerStep)))) {
      found.scrollIntoView({ block: "nearest" });
      found.click();
    }
    if ((found = hit("[data-dismiss]"))) found.parentNode.remove();
    if ((found = hit("[data-toggle-nav]"))) {
      var open = document.getElementById("side").classList.toggle("open");
      found.setAttribute("aria-expanded", String(open));
    }
    if ((found = hit("[data-fill]"))) {
      var field = document.getElementById(found.dataset.fill);
      field.value = field.value ? field.value + "；" + found.textContent.trim() : found.textContent.trim();
      field.focus();
    }
  });
})();
