"""``python -m djobs_docs``: write the generated pages anew."""

from djobs_docs.pages import FOLDER, MAN_PAGE, written
from djobsctl import manual


def main() -> None:
    """Write them."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in written().items():
        (FOLDER / name).write_text(text, "utf-8")
    MAN_PAGE.write_text(manual.page(), "utf-8")


if __name__ == "__main__":
    main()
