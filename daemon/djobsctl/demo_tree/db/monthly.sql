-- Which links were voted for most, month by month.
SELECT strftime('%Y-%m', added_at / 1000, 'unixepoch') AS month,
       count(*)   AS links,
       sum(votes) AS votes,
       max(title) FILTER (WHERE votes > 0) AS example
FROM links
GROUP BY month
ORDER BY month DESC;
