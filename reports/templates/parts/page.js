const opened = [];
const reveal = () => {
  const at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let up = at; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
  if (at) at.scrollIntoView({ block: at.tagName === "TR" ? "center" : "start" });
};
addEventListener("hashchange", reveal);
addEventListener("beforeprint", () => document.querySelectorAll("details:not([open])").forEach((one) => { one.open = true; opened.push(one); }));
addEventListener("afterprint", () => opened.splice(0).forEach((one) => { one.open = false; }));
reveal();
