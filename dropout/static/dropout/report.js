/* Reports from the village (data-report on a form): the photo is made smaller before it is sent, and a sending that
   fails leaves the page, and all that was typed, as they are. Without this file the form is sent the plain way. */
(function () {
  "use strict";
  var LONGEST = 1600, QUALITY = 0.8, SMALL = 400 * 1024, PATIENCE = 60000;
  function say(form, text) { form.querySelector("[data-report-status]").textContent = text; }
  function shrink(input) {
    var file = input.files[0];
    if (!file || file.size <= SMALL || file.type.indexOf("image/") !== 0 || !window.createImageBitmap) return Promise.resolve();
    return createImageBitmap(file).then(function (picture) {
      var scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
      var canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      return new Promise(function (done) { canvas.toBlob(done, "image/jpeg", QUALITY); });
    }).then(function (blob) {
      if (!blob || blob.size >= file.size) return;
      var moved = new DataTransfer();
      moved.items.add(new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }));
      input.files = moved.files;
    }).catch(function () { /* not a picture this browser can read: the server says what is wrong */ });
  }
  function refused(form, html) {
    var fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-report]");
    if (!fresh) { say(form, "系统没有办成，内容还在，请稍后再按“保存”。"); return; }
    var photo = form.querySelector("[data-shrink]"), blank = fresh.querySelector("[data-shrink]");
    if (photo && photo.files.length && blank) blank.files = photo.files;
    form.replaceWith(fresh);
    var summary = fresh.querySelector("[data-error-summary]");
    if (summary) summary.focus();
  }
  function send(form) {
    var stop = new AbortController(), late = setTimeout(function () { stop.abort(); }, PATIENCE);
    say(form, "正在送出……");
    fetch(form.action || location.href, {
      method: "POST", body: new FormData(form), headers: { "X-Sent-By": "script" }, credentials: "same-origin", signal: stop.signal
    }).then(function (answer) {
      if (answer.ok && (answer.headers.get("Content-Type") || "").indexOf("json") >= 0) {
        return answer.json().then(function (told) { location.assign(told.url); });
      }
      return answer.text().then(function (html) { refused(form, html); });
    }).catch(function () {
      say(form, "没有送出去：网络不通。内容和照片都还在，请稍后再按“保存”，不会重复登记。");
    }).then(function () { clearTimeout(late); delete form.dataset.busy; });
  }
  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-shrink]")) shrink(event.target);
  });
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("[data-report]") || !window.fetch || !window.DataTransfer) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    var photo = form.querySelector("[data-shrink]");
    (photo ? shrink(photo) : Promise.resolve()).then(function () { send(form); });
  }, true);
})();
