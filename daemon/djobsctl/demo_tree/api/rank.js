const HALF_LIFE_DAYS = 5;
const DAY_MS = 24 * 60 * 60 * 1000;

// Votes lose half of their weight every five days, so old favourites make room.
export function weight(votes, addedAt, now) {
  const days = Math.max(0, now - addedAt) / DAY_MS;
  return votes * 0.5 ** (days / HALF_LIFE_DAYS);
}

export function rank(links, now) {
  return links
    .map((link) => ({ ...link, weight: weight(link.votes, link.addedAt, now) }))
    .sort((a, b) => b.weight - a.weight || a.id - b.id);
}
