"use strict";
(() => {
  const root = document.documentElement;
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const violations = all("#violations .violation");
  const form = find(".filter");
  const said = find("#said");
  root.classList.add("live");

  // A browser may refuse storage to a page from disk; the choice is then forgotten when the page is closed.
  const kept = (value) => {
    try {
      if (value === undefined) return localStorage.getItem("theme");
      localStorage.setItem("theme", value);
    } catch { /* The choice is not kept. */ }
    return null;
  };
  const button = find("#theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  const chosen = kept();
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    kept(root.dataset.theme);
    show();
  });
  prefersDark.addEventListener("change", show);
  show();

  // Violations that differ by a value alone stand in one element that opens.
  const reveal = (violation) => {
    const around = violation.closest("details.alike");
    if (around) around.open = true;
  };

  // Filter
  const shown = () => violations.filter((each) => !each.hidden);
  const texts = new Map();
  const textOf = (each) => {
    if (!texts.has(each)) {
      // What a rule means is the same for each of its violations, and finds none of them.
      const explained = find(".explanation", each)?.textContent ?? "";
      texts.set(each, each.textContent.replace(explained, "").toLowerCase());
    }
    return texts.get(each);
  };
  const alike = all("details.alike");
  const filter = () => {
    const words = form.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const each of violations) {
      each.hidden = Boolean(
        (form.rule.value && each.dataset.rule !== form.rule.value) ||
          (form.status.value && each.dataset.status !== form.status.value) ||
          words.some((word) => !textOf(each).includes(word)),
      );
    }
    for (const each of alike) each.hidden = !find(".violation:not([hidden])", each);
    find("#count").textContent = `${shown().length} of ${violations.length}`;
  };
  const filters = () => {
    const set = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    return String(set);
  };
  const remember = (hash) => history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  const changed = () => {
    filter();
    remember(filters());
  };
  const clear = () => {
    form.reset();
    filter();
  };

  // Links into the page: a violation, or a filter
  const go = () => {
    const hash = location.hash.slice(1);
    const target = hash && document.getElementById(hash);
    if (target && target.classList.contains("violation")) {
      if (target.hidden) clear();
      reveal(target);
      find("details", target).open = true;
      find("summary", target).focus({ preventScroll: true });
      target.scrollIntoView({ block: "start", behavior: "instant" });
    } else if (form && hash.includes("=")) {
      const set = new URLSearchParams(hash);
      for (const name of ["q", "rule", "status"]) form[name].value = set.get(name) ?? "";
      filter();
    }
  };

  if (form) {
    form.addEventListener("input", changed);
    form.addEventListener("submit", (event) => event.preventDefault());
    const expand = find("#expand");
    const anyClosed = () => shown().some((each) => !find("details", each).open);
    const offer = () => {
      expand.textContent = anyClosed() ? "Open all" : "Close all";
    };
    expand.addEventListener("click", () => {
      const open = anyClosed();
      for (const each of shown()) {
        if (open) reveal(each);
        find("details", each).open = open;
      }
    });
    document.addEventListener("toggle", offer, true);
    offer();
    filter();
  }
  addEventListener("hashchange", go);
  // The browser's own jump to a fragment takes the focus away, so that this one comes after it.
  addEventListener("load", go);

  // Keyboard
  const step = (by) => {
    const list = shown();
    if (!list.length) return;
    const here = list.indexOf(document.activeElement.closest(".violation"));
    const next = here < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, here + by));
    const summary = find("summary", list[next]);
    reveal(list[next]);
    summary.focus();
    summary.scrollIntoView({ block: "nearest" });
  };
  const escape = () => {
    const here = document.activeElement.closest(".violation details[open]");
    if (here) {
      here.open = false;
      find("summary", here).focus();
    } else if (form) {
      clear();
      remember("");
      document.activeElement.blur();
    }
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = document.activeElement.matches("input, select, textarea");
    if (event.key === "Escape") escape();
    else if (typing || !form) return;
    else if (event.key === "/") {
      event.preventDefault();
      form.q.focus();
      form.q.select();
    } else if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
  });

  // Copying
  const copied = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  let report = null;
  const copies = {
    curl: (each) => find(".command code", each).textContent,
    link: (each) => `${location.href.split("#")[0]}#${each.id}`,
    json: (each) => {
      report ??= JSON.parse(find("#report").textContent);
      return JSON.stringify(report[each.dataset.list][Number(each.dataset.index)], null, 2);
    },
  };
  document.addEventListener("click", async (event) => {
    const pressed = event.target.closest("[data-copy]");
    if (!pressed) return;
    await copied(copies[pressed.dataset.copy](pressed.closest(".violation")));
    const label = pressed.textContent;
    pressed.textContent = said.textContent = "Copied";
    setTimeout(() => {
      pressed.textContent = label;
      said.textContent = "";
    }, 1500);
  });

  // Paper has no buttons, so that everything is opened for printing.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of closed) each.open = false;
  });
})();
