"""What a user reads of each node, in every language: the help page in the side bar, and the words of locales/."""

import json
import re
import runpy

import pytest
from conftest import ROOT
from monochromic.nodes import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS

NODES, LANGUAGES = list(NODE_CLASS_MAPPINGS), ("en", "zh")
DOCS, LOCALES = ROOT / "web" / "docs", ROOT / "locales"
MAKE = runpy.run_path(str(LOCALES / "make.py"))
HEADINGS = {
    "en": (("## Inputs", "| input | meaning |"), ("## Outputs", "| output | meaning |")),
    "zh": (("## 输入", "| 输入 | 含义 |"), ("## 输出", "| 输出 | 含义 |")),
}
TODO = {
    "en": "run `python locales/make.py`, which writes locales/en/nodeDefs.json",
    "zh": "translate into locales/zh/nodeDefs.json what locales/en/nodeDefs.json says, in the same order",
}
SAME_EVERYWHERE = {"PSNR", "SSIM", "MS-SSIM", "L1", "MSE", "TV", "CIEDE2000", "LPIPS"}  # written so in Chinese too
CHINESE = re.compile("[\u4e00-\u9fff]")

both = pytest.mark.parametrize("language", LANGUAGES)
every = pytest.mark.parametrize("name", NODES)


def schema_of(name):
    """The inputs in the order of the node, and the names of the outputs."""
    schema = NODE_CLASS_MAPPINGS[name].INPUT_TYPES()
    return {**schema["required"], **schema.get("optional", {})}, NODE_CLASS_MAPPINGS[name].RETURN_NAMES


def words_in(language):
    words = json.loads((LOCALES / language / "nodeDefs.json").read_text("utf-8"))
    assert list(words) == NODES, TODO[language]
    return words


def page_of(name, language):
    path = DOCS / name / f"{language}.md"
    assert path.is_file(), f"{name} has no help page: write web/docs/{name}/{language}.md, after another node's"
    return path.read_text("utf-8")


def rows_under(page, heading, first):
    """The cells of the table that stands right below a heading."""
    assert f"\n{heading}\n\n" in page, f"the help page lacks the heading {heading!r} with its table"
    head, line, *rows = page.split(f"\n{heading}\n\n")[1].split("\n\n")[0].strip().splitlines()
    assert (head, line) == (first, "|---|---|")
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def strings(words, path=()):
    """Every text of a locale by the keys that lead to it."""
    if isinstance(words, str):
        yield path, words
        return
    for key, value in words.items():
        yield from strings(value, (*path, key))


@both
@every
def test_the_help_names_exactly_the_inputs_and_outputs(name, language):
    page = page_of(name, language)
    title = words_in(language)[name]["display_name"].removesuffix(" (Monochromic)")
    assert page.startswith(f"# {title}\n")
    for names, (heading, first) in zip(schema_of(name), HEADINGS[language], strict=True):
        rows = rows_under(page, heading, first)
        todo = f"web/docs/{name}/{language}.md: under {heading!r} stands a row for each name, in the node's order"
        assert [row[0] for row in rows] == [f"`{each}`" for each in names], todo
        assert all(len(row) == 2 and row[1] for row in rows)


@every
def test_the_chinese_help_says_what_stands_on_the_node(name):
    """Each meaning begins with the label that a Chinese page shows in place of the name."""
    page, words = page_of(name, "zh"), words_in("zh")[name]
    for part, (heading, first) in zip(("inputs", "outputs"), HEADINGS["zh"], strict=True):
        for row, label in zip(rows_under(page, heading, first), words[part].values(), strict=True):
            todo = f"web/docs/{name}/zh.md: begin the meaning with the label of locales/zh/nodeDefs.json"
            assert row[1].startswith(f"{label['name']}。"), todo


@both
@every
def test_the_help_is_for_a_narrow_side_bar(name, language):
    lines = page_of(name, language).splitlines()
    assert 20 <= len(lines) <= 60, f"web/docs/{name}/{language}.md: 20 to 60 lines, it has {len(lines)}"
    assert not [line for line in lines if line.startswith("|") and len(re.findall(r"(?<!\\)\|", line)) > 3]


@both
@every
def test_every_picture_of_the_help_is_there(name, language):
    """ComfyUI's page looks for a pack's pictures from web/docs/ on, not from the folder of the help page."""
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", page_of(name, language))
    page = f"web/docs/{name}/{language}.md"
    assert f"{name}/node.jpg" in [path for _, path in pictures], f"{page}: show the node, ![...]({name}/node.jpg)"
    assert all(alt for alt, _ in pictures), f"{page}: say in words what each picture shows"
    missing = [f"web/docs/{path}" for _, path in pictures if not (DOCS / path).is_file()]
    assert missing == [], f"{page}: its pictures are not there; node.jpg is a screenshot of the node"


@both
def test_the_help_calls_other_nodes_as_they_are_displayed(language):
    titles = {words["display_name"].removesuffix(" (Monochromic)") for words in words_in(language).values()}
    ids = re.compile("|".join(name.removeprefix("Monochromic") for name in NODES if name != "MonochromicMetrics"))
    for name in NODES:
        text = re.sub(r"\]\([^)]*\)", "]", page_of(name, language))
        assert not [word for word in ids.findall(text) if word not in titles], name


def test_no_help_is_left_of_a_node_that_is_gone():
    assert {path.name for path in DOCS.iterdir()} == set(NODES), "web/docs/ holds a folder a node, of its id"


@both
def test_locales_have_the_nodes_of_the_pack(language):
    words, todo = words_in(language), TODO[language]
    for name in NODES:
        inputs, outputs = schema_of(name)
        assert list(words[name]) == ["display_name", "description", "inputs", "outputs"], todo
        assert list(words[name]["inputs"]) == list(inputs), todo
        assert list(words[name]["outputs"]) == [str(i) for i in range(len(outputs))], todo
        for entry in (*words[name]["inputs"].values(), *words[name]["outputs"].values()):
            assert {"name"} <= set(entry) <= {"name", "tooltip"}
        assert words[name]["display_name"].endswith(" (Monochromic)")


@both
def test_locales_are_plain_text_to_the_page(language):
    """{, }, @, $ and | are syntax there, and the page would show nothing or something else."""
    for path, text in strings(words_in(language)):
        assert text == text.strip() != "", path
        assert not MAKE["SYNTAX"] & set(text), path


def test_the_english_locale_is_what_the_nodes_say():
    written = (LOCALES / "en" / "nodeDefs.json").read_text("utf-8")
    assert written == MAKE["text"](), f"the nodes say something else by now: {TODO['en']}"


def test_the_english_locale_repeats_the_nodes():
    words = words_in("en")
    for name in NODES:
        inputs, outputs = schema_of(name)
        assert words[name]["display_name"] == NODE_DISPLAY_NAME_MAPPINGS[name]
        assert [entry["name"] for entry in words[name]["inputs"].values()] == list(inputs)
        assert [entry["name"] for entry in words[name]["outputs"].values()] == list(outputs)


@both
def test_what_depends_on_the_machine_is_left_to_the_server(language):
    for words in words_in(language).values():
        assert "tooltip" not in words["inputs"].get("backbone", {})


def test_all_is_translated():
    english, chinese = (dict(strings(words_in(language))) for language in LANGUAGES)
    assert set(english) <= set(chinese), TODO["zh"]
    untranslated = {text for path, text in chinese.items() if text == english.get(path) or not CHINESE.search(text)}
    todo = f"{TODO['zh']}; what is written so in Chinese too stands in SAME_EVERYWHERE of this file"
    assert untranslated == SAME_EVERYWHERE, todo
    for name in NODES:
        for part in ("inputs", "outputs"):
            labels = [entry["name"] for entry in words_in("zh")[name][part].values()]
            assert len(set(labels)) == len(labels), name


@both
def test_locales_translate_no_options(language):
    """ComfyUI's pages have no words for the choices of a menu; a key of them would only look as if."""
    assert not [path for path, _ in strings(words_in(language)) if "options" in path]


def test_nothing_else_is_taken_for_a_language():
    """ComfyUI takes each folder of locales/ for a language."""
    assert sorted(path.name for path in LOCALES.iterdir() if path.is_dir()) == sorted(LANGUAGES)
    assert {path.name for language in LANGUAGES for path in (LOCALES / language).iterdir()} == {"nodeDefs.json"}
