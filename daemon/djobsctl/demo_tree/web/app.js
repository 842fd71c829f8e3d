const list = document.querySelector("#links");
const form = document.querySelector("#add");

async function refresh() {
  const links = await (await fetch("/links")).json();
  list.replaceChildren(...links.map(item));
}

function item(link) {
  const element = document.createElement("li");
  const anchor = Object.assign(document.createElement("a"), {
    href: link.url,
    textContent: link.title,
  });
  element.append(anchor, ` ${link.votes}`);
  return element;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const url = new FormData(form).get("url");
  await fetch("/links", { method: "POST", body: JSON.stringify({ url }) });
  form.reset();
  await refresh();
});

await refresh();
