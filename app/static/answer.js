// Reads the code from the fragment of the address, takes it out of the address bar, and posts it by the form of the page.
// The fragment never reaches a server, a log or a referrer; without a code the page stays as it is, for typing.
const code = decodeURIComponent(window.location.hash.slice(1));
if (code) {
  window.history.replaceState(null, "", window.location.pathname);
  const form = document.getElementById("open");
  form.elements.namedItem("code").value = code;
  form.requestSubmit();
}
