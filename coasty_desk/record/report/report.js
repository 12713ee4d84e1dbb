"use strict";
(() => {
  const steps = [...document.querySelectorAll(".step")];
  const links = [...document.querySelectorAll("nav a")];
  let current = -1;

  const show = (index) => {
    current = index;
    links.forEach((link, n) => {
      if (n === index) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    });
  };
  const go = (index) => {
    if (!steps.length) return;
    const target = Math.min(Math.max(index, 0), steps.length - 1);
    show(target);
    steps[target].focus({ preventScroll: true });
    steps[target].scrollIntoView({ block: "start" });
  };
  const dark = () =>
    (document.documentElement.dataset.theme ||
      (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const keys = {
    j: () => go(current + 1),
    ArrowRight: () => go(current + 1),
    k: () => go(current - 1),
    ArrowLeft: () => go(current - 1),
    Home: () => { show(-1); scrollTo(0, 0); },
    End: () => go(steps.length - 1),
    m: () => document.body.classList.toggle("unmarked"),
    w: () => document.body.classList.toggle("wide"),
    d: () => { document.documentElement.dataset.theme = dark() ? "light" : "dark"; },
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
  links.forEach((link, n) => link.addEventListener("click", () => show(n)));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) show(steps.indexOf(entry.target));
  }, { rootMargin: "-45% 0px -50% 0px" });
  steps.forEach((step) => seen.observe(step));
})();
