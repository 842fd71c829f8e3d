INSERT INTO links (url, title, votes, added_at) VALUES
    ('https://www.sqlite.org/wal.html', 'Write-ahead logging', 5, 1762000000000),
    ('https://www.rfc-editor.org/rfc/rfc8259', 'The JSON format', 3, 1762100000000),
    ('https://peps.python.org/pep-0020/', 'The Zen of Python', 8, 1761500000000);
