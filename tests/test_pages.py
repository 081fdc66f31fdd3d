"""Web pages into reports: what of a page is the article, what was set into it, what else stands around it."""

from __future__ import annotations

import dataclasses
import json
import math
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import newsflag
from newsflag.cli import CLEAN, FAILED, FLAGGED, main
from newsflag.kinds import INSERTION_KINDS

pytest.importorskip("selectolax.lexbor")
pytest.importorskip("w3lib")

relaxed = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@dataclasses.dataclass(frozen=True)
class Story:
    """An article, and what else stands on its page."""

    title: str
    paragraphs: tuple[str, ...]
    menu: tuple[str, ...]
    related: tuple[str, ...]
    comments: tuple[str, ...]
    foot: str


STORIES: Final = {
    "en": Story(
        "Senate splits over the northern border treaty",
        (
            (
                "The Senate voted on Tuesday evening to postpone its decision on the border treaty, after two days "
                "of debate in which neither side came close to the majority it needs to change the constitution."
            ),
            (
                "Senator Helena Moura, who leads the committee on foreign affairs, said the text had been handed "
                "to her members only three hours before the sitting. Nobody could judge sixty pages of annexes in "
                "that time, she said."
            ),
            (
                "The treaty would settle where the border runs along the upper river, a question that has been "
                "open since the survey of 1903. Two states have to agree to it as well, and one of them has "
                "announced that it will take the matter to court."
            ),
            (
                "The foreign minister defended the agreement before the chamber. It cost the country nothing, he "
                "argued, while it would allow both navies to patrol the river together from next spring and put an "
                "end to the smuggling of timber."
            ),
            (
                "Opposition members pointed to the fishing villages on the southern bank. Around four thousand "
                "people live there, and under the new line most of their landing places would belong to the "
                "neighbouring country, according to a count by the land registry."
            ),
            (
                "Lawyers of the chamber now have until the end of the month to examine whether the annexes are "
                "binding. Their opinion on the previous agreement, given eleven years ago, ran to more than two "
                "hundred pages and took half a year."
            ),
            (
                "A second vote is planned for the first week of May. If the treaty fails then, the government "
                "would have to open new talks, for which the neighbouring country has so far shown little "
                "inclination."
            ),
        ),
        ("Home", "Politics", "Business", "Sport", "Weather", "Subscribe"),
        (
            "Harbour workers accept the new pay offer",
            "Drought empties the reservoirs of the south",
            "Museum shows maps of the old frontier",
        ),
        ("Finally somebody reads the annexes.", "My grandfather fished there all his life, shame on them"),
        "© The Hollerbach Post. All rights reserved. Imprint | Privacy | Contact",
    ),
    "de": Story(
        "Brücke über die Lenne bleibt bis zum Frühjahr gesperrt",
        (
            (
                "Die alte Brücke über die Lenne bleibt bis zum Frühjahr gesperrt. Das hat der Rat der Stadt am "
                "Montagabend mit großer Mehrheit beschlossen, nachdem Gutachter in zwei von sieben Pfeilern Risse "
                "gefunden hatten."
            ),
            (
                "Bürgermeisterin Ute Brandis sagte, die Stadt habe seit dem Hochwasser Geld für die Arbeiten "
                "zurückgelegt. Es reiche allerdings nur, wenn das Land wie angekündigt die Hälfte der Kosten "
                "übernehme."
            ),
            (
                "Die Brücke wurde 1911 gebaut und zuletzt vor vierzig Jahren gründlich überholt. Täglich fahren "
                "etwa neuntausend Autos darüber, dazu kommen drei Buslinien, die nun einen Umweg von zwölf Minuten "
                "nehmen müssen."
            ),
            (
                "Händler in der Unterstadt fürchten um ihr Geschäft. Schon in den ersten Wochen der Sperrung sei "
                "der Umsatz um ein Fünftel gesunken, sagte der Sprecher der Kaufleute, und im Winter werde es noch "
                "weniger."
            ),
            (
                "Die Gutachter hatten die Pfeiler im Oktober mit Tauchern untersucht. In ihrem Bericht heißt es, "
                "die Risse seien nicht neu, aber sie reichten tiefer, als es bei der letzten Prüfung den Anschein "
                "gehabt habe."
            ),
            (
                "Gesperrt bleibt auch der Fußweg, den viele Schulkinder benutzen. Für sie will die Stadt von "
                "Januar an einen eigenen Bus fahren lassen, der morgens und mittags je dreimal hält."
            ),
            (
                "Über den Auftrag für die Bauarbeiten will der Rat in seiner nächsten Sitzung entscheiden. Drei "
                "Firmen haben sich beworben, zwei davon aus der Gegend. Die Arbeiten sollen im März beginnen."
            ),
        ),
        ("Startseite", "Lokales", "Wirtschaft", "Sport", "Wetter", "Abo"),
        (
            "Feuerwehr löscht Brand in Lagerhalle",
            "Neue Leitung für das Stadtmuseum",
            "Schwimmbad öffnet wieder am Sonntag",
        ),
        ("Das war doch seit Jahren bekannt!", "Und wer zahlt am Ende wieder? Wir."),
        "© Hollerbacher Bote. Alle Rechte vorbehalten. Impressum | Datenschutz | Kontakt",
    ),
    "es": Story(
        "El puerto de Almadra tendrá un nuevo muelle en tres años",
        (
            (
                "El ayuntamiento de Almadra aprobó el lunes la construcción de un nuevo muelle para los barcos de "
                "pesca, una obra que los armadores reclamaban desde que el temporal de 2014 destruyó la mitad del "
                "antiguo."
            ),
            (
                "La alcaldesa, Rosa Quintero, explicó que las obras comenzarán en otoño y durarán tres años. El "
                "gobierno regional pagará dos tercios del coste, y el resto saldrá de las tasas que pagan los "
                "barcos que descargan en el puerto."
            ),
            (
                "El muelle tendrá cuatrocientos metros de largo y podrá recibir a veinte barcos a la vez. Los "
                "planos prevén además una lonja cubierta, que sustituirá al edificio actual, cerrado por los "
                "inspectores hace dos inviernos."
            ),
            (
                "Los vecinos del barrio de la playa temen que el nuevo dique cambie las corrientes y se lleve la "
                "arena. Un estudio de la universidad, presentado en marzo, calcula que la playa perderá unos seis "
                "metros en diez años."
            ),
            (
                "La cofradía de pescadores apoya el proyecto, aunque pide que se respete la temporada de la "
                "sardina. Su presidente recordó que de ella viven unas trescientas familias y que un año sin "
                "descargas no se recupera."
            ),
            (
                "La oposición votó en contra por el precio. Según sus cuentas, la obra costará casi el doble de lo "
                "previsto, como ocurrió con el mercado, que se terminó con cuatro años de retraso y aún no está "
                "pagado."
            ),
            (
                "El proyecto pasa ahora al ministerio, que tiene seis meses para presentar reparos. Si no los hay, "
                "el concurso para elegir a la empresa constructora se abrirá antes del verano."
            ),
        ),
        ("Portada", "Local", "Economía", "Deportes", "Tiempo", "Suscríbete"),
        (
            "Los bomberos apagan un incendio en el monte",
            "El museo abre los domingos",
            "La lluvia llena los embalses del norte",
        ),
        ("Ya era hora de que hicieran algo.", "Y la playa que la pague el pueblo, como siempre"),
        "© El Correo de Almadra. Todos los derechos reservados. Aviso legal | Privacidad | Contacto",
    ),
    "fr": Story(
        "La ligne du haut plateau rouvrira au mois de juin",
        (
            (
                "La ligne de chemin de fer du haut plateau rouvrira au mois de juin, a annoncé mardi le conseil "
                "régional, après cinq ans de fermeture et deux enquêtes publiques qui avaient divisé les communes "
                "de la vallée."
            ),
            (
                "Les travaux ont coûté quarante millions d'euros, dont la moitié pour le seul viaduc de la Serre. "
                "La présidente de la région, Claire Aubanel, a rappelé que sa démolition aurait coûté presque "
                "aussi cher que sa réparation."
            ),
            (
                "Six trains circuleront chaque jour dans les deux sens, le premier avant six heures du matin. Le "
                "trajet durera une heure et dix minutes, contre près de deux heures pour l'autocar qui dessert "
                "aujourd'hui les mêmes villages."
            ),
            (
                "Les maires des communes du plateau avaient longtemps craint que la ligne ne soit transformée en "
                "piste cyclable. Plusieurs d'entre eux avaient refusé de vendre les terrains des anciennes gares, "
                "dont trois serviront de nouveau."
            ),
            (
                "Les associations d'usagers saluent la décision mais regrettent le prix des billets. Un abonnement "
                "mensuel coûtera quatre-vingt-dix euros, soit un tiers de plus que celui de l'autocar, selon les "
                "tarifs publiés par l'exploitant."
            ),
            (
                "Des essais ont commencé la semaine dernière avec une rame vide. Les ingénieurs vérifient "
                "notamment les freins dans la descente de la Serre, où un train de marchandises avait déraillé il "
                "y a douze ans sans faire de victime."
            ),
            (
                "Le conseil votera en septembre sur la suite. Une prolongation jusqu'à la frontière est à l'étude, "
                "mais elle supposerait un accord avec le pays voisin, qui a démonté ses propres voies dans les "
                "années soixante."
            ),
        ),
        ("Accueil", "Région", "Économie", "Sports", "Météo", "S'abonner"),
        ("Les pompiers maîtrisent un feu de hangar", "Le musée change de directrice", "La piscine rouvre dimanche"),
        ("Enfin une bonne nouvelle pour la vallée.", "Au prix du billet, je garde ma voiture"),
        "© Le Courrier du Plateau. Tous droits réservés. Mentions légales | Confidentialité | Contact",
    ),
    "pt": Story(
        "Câmara adia votação sobre a nova linha do metrô",
        (
            (
                "A Câmara adiou na terça-feira a votação do projeto da nova linha do metrô, depois que dois "
                "partidos da base retiraram o apoio e o presidente da casa concluiu que não havia maioria para "
                "aprovar o texto."
            ),
            (
                "O relator, Tadeu Barros, afirmou que as mudanças pedidas pela oposição chegaram tarde demais. "
                "Segundo ele, o traçado foi discutido durante dois anos em audiências públicas, e ninguém "
                "apresentou então uma alternativa viável."
            ),
            (
                "A linha ligaria o porto ao bairro universitário em vinte e cinco minutos, com nove estações. A "
                "prefeitura calcula que cento e vinte mil pessoas usariam os trens todos os dias e que o trânsito "
                "na avenida central cairia um quinto."
            ),
            (
                "Os moradores do bairro antigo são contra as desapropriações. Cerca de oitenta casas teriam de ser "
                "demolidas, muitas delas com mais de um século, e as indenizações oferecidas ficam abaixo do preço "
                "do mercado, dizem eles."
            ),
            (
                "O governo estadual prometeu pagar metade da obra, desde que o contrato seja assinado até "
                "dezembro. Depois disso, o dinheiro reservado voltaria ao orçamento geral e teria de ser pedido de "
                "novo no ano seguinte."
            ),
            (
                "Engenheiros da universidade defendem uma solução mais barata, com ônibus em faixas próprias. O "
                "estudo deles, publicado em abril, estima o custo em um terço do valor do metrô, mas com viagens "
                "dez minutos mais longas."
            ),
            (
                "A nova votação está marcada para a segunda semana de agosto. Até lá, os líderes dos partidos vão "
                "se reunir com o prefeito para tentar um acordo sobre o traçado e sobre o valor das indenizações."
            ),
        ),
        ("Início", "Política", "Economia", "Esportes", "Tempo", "Assine"),
        ("Bombeiros controlam incêndio em galpão", "Museu abre aos domingos", "Chuva enche os reservatórios do sul"),
        ("Até que enfim alguém pensou nos moradores.", "Dois anos de reunião para nada"),
        "© Diário do Porto. Todos os direitos reservados. Expediente | Privacidade | Contato",
    ),
}


def linked(texts: tuple[str, ...], pattern: str = "<li>{}</li>") -> str:
    return "".join(pattern.format(f"<a href='/{number}'>{each}</a>") for number, each in enumerate(texts))


def body(blocks: tuple[str, ...]) -> str:
    return "\n".join(block if block.startswith("<") else f"<p>{block}</p>" for block in blocks)


def semantic(story: Story, blocks: tuple[str, ...]) -> str:
    """A page whose elements say what they are."""
    comments = "".join(f"<li><b>user{number}</b><p>{each}</p></li>" for number, each in enumerate(story.comments))
    return f"""<!doctype html><html><head><meta charset=utf-8><title>{story.title} | Post</title>
<link rel=canonical href=https://www.post.example/news/1><script>let it = "<p>rain</p>"</script></head><body>
<header><a href=/>Post</a></header><nav><ul>{linked(story.menu)}</ul></nav>
<main><article><h1>{story.title}</h1><p class=byline>Jo Hart, 3.5.2024</p>
<div class=article-body>{body(blocks)}</div></article>
<section class=related><ul>{linked(story.related)}</ul></section></main>
<section id=comments><ol>{comments}</ol></section>
<footer><p>{story.foot}</p></footer></body></html>"""


def plain(story: Story, blocks: tuple[str, ...]) -> str:
    """A page whose classes say what its elements are."""
    comments = "".join(f"<div><div>user{number}</div>{each}</div>" for number, each in enumerate(story.comments))
    return f"""<html><head><title>{story.title}</title></head><body>
<div id=top><div class=logo><a href=/>Post</a></div><div class=menu>{linked(story.menu, "{} ")}</div></div>
<div id=content><h1 class=title>{story.title}</h1><div class=post>{body(blocks)}</div>
<div class=more><ul>{linked(story.related)}</ul></div><div class=comments>{comments}</div></div>
<div id=bottom>{story.foot}</div></body></html>"""


def bare(story: Story, blocks: tuple[str, ...]) -> str:
    """A page that says nothing of what its elements are, with the article beside the rest."""
    comments = "".join(f"<div>{each}</div>" for each in story.comments)
    return f"""<div><div>{linked(story.menu, "<div>{}</div>")}</div><h1>{story.title}</h1>{body(blocks)}
<div>{linked(story.related, "<div>{}</div>")}</div>{comments}<div>{story.foot}</div></div>"""


Layout = Callable[[Story, tuple[str, ...]], str]
LAYOUTS: Final = (semantic, plain, bare)


def with_block(story: Story, place: int, block: str) -> tuple[str, ...]:
    return (*story.paragraphs[:place], block, *story.paragraphs[place:])


@pytest.fixture
def page() -> str:
    """The page of an article with a teaser in it."""
    story = STORIES["en"]
    return semantic(story, with_block(story, 4, "<p><a href=https://other.example/x>READ MORE: Ten tricks</a></p>"))


def solid(text: str) -> str:
    return "".join(text.split())


def segment(report: newsflag.Report, text: str) -> newsflag.Segment:
    [found] = [each for each in report.segments if each.text == text]
    return found


# What is promised


@pytest.mark.parametrize("language", STORIES)
def test_the_body_is_the_articles_paragraphs(language: str) -> None:
    story = STORIES[language]
    report = newsflag.flag_html(semantic(story, story.paragraphs))
    assert report.body.split("\n") == list(story.paragraphs)
    assert report.title is not None
    assert report.title.text == story.title
    assert report.language == language
    assert not [flag for flag in report.flags if flag.kind in INSERTION_KINDS]


@pytest.mark.parametrize("layout", [plain, bare])
@pytest.mark.parametrize("language", STORIES)
def test_no_paragraph_is_lost_where_markup_says_little(language: str, layout: Layout) -> None:
    story = STORIES[language]
    kept = newsflag.clean_html(layout(story, story.paragraphs)).split("\n")
    assert [each for each in kept if each in story.paragraphs] == list(story.paragraphs)
    around = {*story.menu, *story.related, story.foot}
    assert not around.intersection(kept)


def missed(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(strict=True, reason=reason)


SHORT: Final = "a short sentence with few of the article's words reads like an insertion"
QUESTION: Final = "a question that is not about the article reads like one of its headings"


@pytest.mark.parametrize(
    ("language", "teaser"),
    [
        ("en", "READ MORE: Why the river runs green"),
        ("en", "Also interesting: The five best lakes for swimming"),
        ("en", "Ten tricks for a flat belly"),
        ("en", "Police find crocodile in a bathtub"),
        ("en", "You won't believe what the mayor's dog did next"),
        ("en", "Is your phone listening to you? Here is how to find out"),
        ("en", "Why are thousands of people leaving the islands?"),
        pytest.param("en", "Acre exchanged for horses?", marks=missed(QUESTION)),
        pytest.param("en", "Is this the end of the penny as we know it?", marks=missed(QUESTION)),
        pytest.param("en", "What does your birth month say about you?", marks=missed(QUESTION)),
        ("de", "Lesen Sie auch: Warum der Fluss grün ist"),
        ("de", "Auch interessant: Die fünf schönsten Badeseen"),
        ("de", "Zehn Tricks für einen flachen Bauch"),
        ("de", "Sie glauben nicht, was der Hund des Försters dann tat"),
        pytest.param("de", "Was verrät Ihr Geburtsmonat über Sie?", marks=missed(QUESTION)),
        ("de", "Acre gegen Pferde getauscht?"),
        ("de", "Ist das das Ende des Bargelds?"),
        ("es", "Lea también: Por qué el río es verde"),
        ("es", "No vas a creer lo que hizo el perro del alcalde"),
        ("es", "Diez trucos para un vientre plano"),
        ("es", "¿Acre a cambio de caballos?"),
        pytest.param("es", "¿Qué dice de ti el mes en que naciste?", marks=missed(QUESTION)),
        ("es", "¿Es este el fin del dinero en efectivo?"),
        ("fr", "À lire aussi : Pourquoi la rivière est verte"),
        ("fr", "Vous ne croirez pas ce que le chien du maire a fait"),
        pytest.param("fr", "Est-ce la fin de l'argent liquide ?", marks=missed(QUESTION)),
        pytest.param("fr", "Que dit de vous votre mois de naissance ?", marks=missed(QUESTION)),
        pytest.param("fr", "L'Acre échangé contre des chevaux ?", marks=missed(QUESTION)),
        ("fr", "Dix astuces pour un ventre plat"),
        ("pt", "Leia também: Por que o rio está verde"),
        ("pt", "Você não vai acreditar no que o cachorro do prefeito fez"),
        ("pt", "Dez truques para uma barriga lisa"),
        pytest.param("pt", "É o fim do dinheiro em espécie?", marks=missed(QUESTION)),
        pytest.param("pt", "O que o mês do seu nascimento diz sobre você?", marks=missed(QUESTION)),
        ("pt", "Acre trocado por cavalos?"),
    ],
)
def test_a_teaser_without_a_link_between_paragraphs_is_an_insertion(language: str, teaser: str) -> None:
    story = STORIES[language]
    for layout in LAYOUTS:
        report = newsflag.flag_html(layout(story, with_block(story, 4, teaser)))
        assert segment(report, teaser).is_insertion
        assert teaser not in report.body
        assert teaser in [flag.segment.text for flag in report.flags if flag.segment is not None]
        assert all(paragraph in report.body for paragraph in story.paragraphs)


@pytest.mark.parametrize(
    "block",
    [
        "<p>READ MORE</p><p>Acre exchanged for horses?</p>",
        "<p>Read also:</p><p>Acre exchanged for horses?</p>",
        "<p>Related</p><p>Acre exchanged for horses?</p>",
        "<p>Acre exchanged for horses?</p><p>Ten tricks for a flat belly</p>",
        "<p><a href=/x>Acre exchanged for horses?</a></p>",
        pytest.param("<p><strong>Acre exchanged for horses?</strong></p>", marks=missed(QUESTION)),
        pytest.param("<h3>Acre exchanged for horses?</h3>", marks=missed(QUESTION)),
        pytest.param("<p class=teaser>Acre exchanged for horses?</p>", marks=missed(f"{QUESTION}; so does the class")),
        pytest.param("<div class=related-box><p>Acre exchanged for horses?</p></div>", marks=missed(QUESTION)),
        pytest.param("<aside>Acre exchanged for horses?</aside>", marks=missed(QUESTION)),
    ],
)
def test_question_bait_in_a_political_report_is_an_insertion(block: str) -> None:
    story = STORIES["en"]
    for layout in LAYOUTS:
        assert "horses" not in newsflag.clean_html(layout(story, with_block(story, 4, block)))


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("<p>{}</p>", marks=missed("the markup speaks for paragraphs, even where their words are teasers")),
        "<p><a href=/x>{}</a></p>",
    ],
)
def test_the_seeds_teasers_are_found_in_a_page(seed: Path, pattern: str) -> None:
    title, *lines = [line for line in seed.read_text(encoding="utf-8").splitlines() if line.strip()]
    openings = ("Ukraine puts robot dog", "Acre exchanged", "Brazil could expand", "Brazil reveals")
    blocks = tuple(pattern.format(line) if line.startswith(openings) else line for line in lines)
    story = dataclasses.replace(STORIES["en"], title=title, paragraphs=blocks)
    for layout in LAYOUTS:
        report = newsflag.flag_html(layout(story, blocks))
        teasers = [each for each in report.segments if each.text.startswith(openings)]
        assert [each.is_insertion for each in teasers] == [True] * 4


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("language", STORIES)
def test_a_paragraph_of_the_article_that_is_a_link_is_kept(language: str, layout: Layout) -> None:
    story = STORIES[language]
    for place, paragraph in enumerate(story.paragraphs):
        block = f"<p><a href=/more/{place}>{paragraph}</a></p>"
        html = layout(story, (*story.paragraphs[:place], block, *story.paragraphs[place + 1 :]))
        report = newsflag.flag_html(html, explain=False)
        found = segment(report, paragraph)
        assert not found.is_insertion
        assert found.markup is not None
        assert found.markup.link_share == 1


@pytest.mark.parametrize(
    ("language", "place", "sentence"),
    [
        ("en", 2, "He declined to comment."),
        ("en", 5, "He declined to comment."),
        ("en", 7, "He declined to comment."),
        ("en", 3, "She did not elaborate."),
        ("en", 7, "Nobody was hurt."),
        ("de", 3, "Er wollte sich dazu nicht äußern."),
        ("de", 7, "Verletzt wurde niemand."),
        ("es", 3, "No quiso hacer declaraciones."),
        pytest.param("es", 5, "Nadie resultó herido.", marks=missed(SHORT)),
        pytest.param("es", 7, "Nadie resultó herido.", marks=missed(SHORT)),
        ("fr", 3, "Il n'a pas souhaité s'exprimer."),
        ("fr", 7, "Personne n'a été blessé."),
        ("pt", 3, "Ele não quis comentar."),
        ("pt", 7, "Ninguém ficou ferido."),
    ],
)
def test_a_short_sentence_of_the_article_is_kept(language: str, place: int, sentence: str) -> None:
    story = STORIES[language]
    for layout in LAYOUTS:
        kept = newsflag.clean_html(layout(story, with_block(story, place, sentence))).split("\n")
        assert sentence in kept


# The report


def test_segments_cover_the_pages_text_and_say_where_they_stand(page: str) -> None:
    report = newsflag.flag_html(page)
    end = 0
    for each in report.segments:
        assert solid(report.text[end : each.start]) == ""
        assert report.text[each.start : each.end] == each.text
        end = each.end
        assert isinstance(each.markup, newsflag.Markup)
        assert 0 <= each.markup.link_share <= 1
        assert len(each.markup.hrefs) == len(each.markup.same_site)
    assert solid(report.text[end:]) == ""
    assert "rain" not in report.text
    title = segment(report, STORIES["en"].title).markup
    assert title is not None
    assert (title.tag, title.path) == ("h1", "html > body > main > article > h1")
    teaser = segment(report, "READ MORE: Ten tricks").markup
    assert teaser == newsflag.Markup(
        "p", "html > body > main > article > div > p:nth-of-type(5)", 1.0, ("https://other.example/x",), (False,)
    )


def test_the_report_survives_its_dictionary_json_and_pickling(page: str) -> None:
    report = newsflag.flag_html(page)
    assert newsflag.Report.from_dict(report.to_dict()) == report
    assert newsflag.Report.from_dict(json.loads(report.to_json())) == report
    assert pickle.loads(pickle.dumps(report)) == report
    assert newsflag.Report.from_dict(report.to_dict()).links == report.links


def test_an_odd_title_for_search_engines_survives_json() -> None:
    report = newsflag.flag_html(
        '<script type="application/ld+json">{"headline": "\\ud83d shut"}</script><p>The council met on Monday.</p>'
    )
    assert newsflag.Report.from_dict(json.loads(report.to_json())) == report


def test_the_model_that_judges_pages_is_named(page: str) -> None:
    report = newsflag.flag_html(page)
    assert "splitter" in report.model
    assert "pages" in report.model
    assert report.threshold == newsflag.Flagger().page_threshold


def test_the_title_is_left_out_of_the_body_unless_it_is_kept() -> None:
    story = STORIES["en"]
    html = semantic(story, story.paragraphs)
    assert newsflag.clean_html(html).split("\n") == list(story.paragraphs)
    assert newsflag.clean_html(html, keep=("title",)).split("\n") == [story.title, *story.paragraphs]
    assert newsflag.flag_html(html, keep=("title",)).body == newsflag.clean_html(html, keep=("title",))


def test_a_page_whose_text_has_no_title_gets_the_one_that_it_gives_itself() -> None:
    text = "\n".join(f"<p>{paragraph}</p>" for paragraph in STORIES["en"].paragraphs)
    report = newsflag.flag_html(f"<meta property=og:title content='Treaty  delayed'>{text}")
    assert report.title is not None
    assert (report.title.text, report.title.start) == ("Treaty delayed", None)


def test_reasons_add_up_to_the_log_odds_of_an_insertion(page: str) -> None:
    for each in newsflag.flag_html(page).segments:
        assert each.reasons
        score = each.scores["insertion"]
        total = math.fsum(reason.contribution for reason in each.reasons)
        assert math.isclose(total, math.log(score) - math.log1p(-score), abs_tol=1e-3)


def test_without_reasons_the_verdicts_are_the_same(page: str) -> None:
    explained, silent = newsflag.flag_html(page), newsflag.flag_html(page, explain=False)
    assert [(each.kind, each.scores) for each in explained.segments] == [
        (each.kind, each.scores) for each in silent.segments
    ]
    assert not any(each.reasons for each in silent.segments)


def test_flagged_is_what_was_set_into_the_article_and_not_what_stands_around_it(page: str) -> None:
    report = newsflag.flag_html(page)
    flagged = [flag.segment.text for flag in report.flags if flag.segment is not None and flag.kind in INSERTION_KINDS]
    assert flagged == ["READ MORE: Ten tricks"]
    inserted = [each.text for each in report.insertions]
    story = STORIES["en"]
    assert {*story.menu, *story.related, story.foot, *flagged} <= set(inserted)


def test_a_threshold_of_1_or_0_keeps_or_drops_all(page: str) -> None:
    assert not newsflag.flag_html(page, threshold=1).insertions
    report = newsflag.flag_html(page, threshold=0)
    assert report.threshold == 0
    assert report.insertions == report.segments
    assert (report.body, report.flags) == ("", ())


def test_the_callers_lists_go_before_the_model(page: str) -> None:
    story = STORIES["en"]
    report = newsflag.flag_html(page, allow=("READ MORE: Ten tricks",), deny=(story.paragraphs[2],))
    assert not segment(report, "READ MORE: Ten tricks").is_insertion
    assert segment(report, story.paragraphs[2]).is_insertion
    assert [flag.segment and flag.segment.text for flag in report.flags if flag.kind in INSERTION_KINDS] == [
        story.paragraphs[2]
    ]
    kept = newsflag.clean_html(page, allow_patterns=("^READ",), deny_patterns=(r"\bHelena Moura\b",)).split("\n")
    assert kept == [*story.paragraphs[:1], *story.paragraphs[2:4], "READ MORE: Ten tricks", *story.paragraphs[4:]]


@pytest.mark.parametrize(
    "html",
    ["", b"", " \n", "<p>", "<script>x</script>", "<!-- -->", "<title>Bridge</title>", "<frameset><frame></frameset>"],
)
def test_a_page_without_text_gives_an_empty_report(html: str | bytes) -> None:
    report = newsflag.flag_html(html)
    assert (report.text, report.segments, report.flags, report.body, report.links) == ("", (), (), "", ())
    assert newsflag.clean_html(html) == ""
    assert newsflag.Report.from_dict(report.to_dict()) == report


def test_a_page_of_nothing_but_marks() -> None:
    report = newsflag.flag_html("<p>***<p>-<p>|")
    assert [each.kind for each in report.segments] == ["interface"] * 3
    assert report.body == ""


def test_bytes_give_what_their_text_gives(page: str) -> None:
    assert newsflag.flag_html(page.encode()) == newsflag.flag_html(page)
    assert newsflag.clean_html(page.encode("utf-16")) == newsflag.clean_html(page)


def test_a_sentence_each_where_it_is_asked_for(page: str) -> None:
    report = newsflag.flag_html(page, sentences="always")
    parts = [each for each in report.segments if each.text in STORIES["en"].paragraphs[1]]
    assert len(parts) == 2
    assert parts[0].markup == parts[1].markup


# Links


def link(html: str, url: str | None = None) -> tuple[str, bool]:
    [found] = newsflag.flag_html(html, url=url, explain=False).links
    return found.href, found.same_site


@pytest.mark.parametrize(
    ("href", "full", "same"),
    [
        ("/x", "https://www.post.example/x", True),
        ("x?a=1&amp;b=2", "https://www.post.example/news/x?a=1&b=2", True),
        ("#end", "https://www.post.example/news/1#end", True),
        ("//post.example/x", "https://post.example/x", True),
        ("https://sport.post.example/x", "https://sport.post.example/x", True),
        ("HTTPS://WWW.POST.EXAMPLE/x", "https://WWW.POST.EXAMPLE/x", True),
        ("' /x '", "https://www.post.example/x", True),
        ("//other.example/x", "https://other.example/x", False),
        ("https://post.other.example/", "https://post.other.example/", False),
        ("https://[broken", "https://[broken", False),
    ],
)
@pytest.mark.parametrize("given", [True, False])
def test_links_are_resolved_against_the_pages_address(href: str, full: str, same: bool, given: bool) -> None:
    address = "https://www.post.example/news/1"
    html = f"<p>The council met on Monday, says <a href={href}>the mayor</a>.</p>"
    if given:
        assert link(f"<link rel=canonical href=https://wrong.example>{html}", address) == (full, same)
    else:
        assert link(f"<link rel=canonical href={address}>{html}") == (full, same)
        assert link(f"<meta property=og:url content={address}>{html}") == (full, same)


@pytest.mark.parametrize(
    ("page_host", "host", "same"),
    [
        ("post.co.uk", "news.post.co.uk", True),
        ("www.post.co.uk", "post.co.uk", True),
        ("post.co.uk", "other.co.uk", False),
        ("post.com.au", "other.com.au", False),
        ("ab.example", "sport.ab.example", True),
        ("abc.example", "sport.abc.example", True),
        ("sport.post.example", "news.post.example", True),
        ("post.example", "post.example.org", False),
        ("localhost", "localhost", True),
        ("localhost", "post.example", False),
        ("127.0.0.1", "127.0.0.2", False),
    ],
)
def test_whether_hosts_are_one_site(page_host: str, host: str, same: bool) -> None:
    html = f"<p>The council met, says <a href=https://{host}/x>the mayor</a>.</p>"
    assert link(html, f"https://{page_host}/y") == (f"https://{host}/x", same)


@pytest.mark.parametrize("url", ["http://[broken", "no address", "", "/news", "mailto:a@post.example"])
def test_an_address_that_is_none_breaks_nothing(url: str) -> None:
    assert link("<p>The council met, says <a href='?x=1'>the mayor</a>.</p>", url)[0].endswith("?x=1")


def test_links_come_in_their_order_with_their_segments(page: str) -> None:
    report = newsflag.flag_html(page)
    story = STORIES["en"]
    texts = ["Post", *story.menu, "READ MORE: Ten tricks", *story.related]
    assert [each.segment.text for each in report.links] == texts
    assert all(isinstance(each, newsflag.Link) for each in report.links)
    assert [each.href for each in report.links if not each.same_site] == ["https://other.example/x"]


@missed("each sentence of a block gets all of the block's links")
def test_a_link_is_listed_once_where_its_block_is_split() -> None:
    html = "<p>The council met on Monday. The <a href=/x>mayor</a> spoke. Nobody was against it.</p>"
    report = newsflag.flag_html(html, sentences="always")
    assert [(each.segment.text, each.href) for each in report.links] == [("The mayor spoke.", "/x")]


def test_links_are_resolved_against_the_base_that_the_page_gives_them() -> None:
    html = "<base href=https://cdn.example/a/><p>The council met, says <a href=x>the mayor</a>.</p>"
    assert link(html, "https://post.example") == ("https://cdn.example/a/x", False)


# Many pages


def test_pipe_reads_pages_in_their_order(page: str) -> None:
    pages: list[str | bytes] = [page, b"", "<p>The council met on Monday.</p>", page.encode(), " "]
    reports = list(newsflag.pipe(pages, input="html", batch_size=2))
    assert [report.text for report in reports] == [newsflag.flag_html(each).text for each in pages]
    for report in (reports[0], reports[3]):
        assert [(each.kind, each.markup) for each in report.segments] == [
            (each.kind, each.markup) for each in newsflag.flag_html(page).segments
        ]


def test_a_page_has_the_same_report_in_any_batch(page: str) -> None:
    others = ["<p>The council met on Monday.", "<ul><li><a href=/a>Read more</a></ul>"]
    batch = [others[0], page, page, others[1], page]
    assert list(newsflag.pipe(batch, input="html")) == [newsflag.flag_html(each) for each in batch]


def test_pipe_takes_pairs_and_several_processes(page: str) -> None:
    pairs: list[tuple[str | bytes, object]] = [(page, "one"), (b"<p>The council met on Monday.", 2), ("", None)]
    found = list(newsflag.pipe(pairs, input="html", as_tuples=True, n_jobs=2, batch_size=1, explain=False))
    assert [context for _, context in found] == ["one", 2, None]
    assert [report.body for report, _ in found] == [newsflag.clean_html(html) for html, _ in pairs]


def test_pages_are_read_as_needed() -> None:
    taken = []

    def pages() -> Any:
        for number in range(100):
            taken.append(number)
            yield f"<p>The council met on Monday, for the {number}th time.</p>"

    reports = newsflag.pipe(pages(), input="html", batch_size=2)
    assert taken == []
    next(reports)
    assert len(taken) <= 4


# What is wrong with the call


@pytest.mark.parametrize(
    ("html", "what"), [(3, "int"), (None, "NoneType"), (["<p>"], "list"), (bytearray(b"x"), "bytearray")]
)
def test_what_is_no_page_is_refused(html: Any, what: str) -> None:
    for call in (newsflag.flag_html, newsflag.clean_html):
        with pytest.raises(newsflag.InputError, match=f"a page must be a str or bytes, but got {what}"):
            call(html)
    with pytest.raises(newsflag.InputError, match=f"a page must be a str or bytes, but got {what}"):
        list(newsflag.pipe(["<p>One", html], input="html"))


def test_other_wrong_calls_say_what_is_allowed(page: str) -> None:
    with pytest.raises(newsflag.InputError, match="url must be a str or None, but got int"):
        newsflag.flag_html(page, url=3)  # type: ignore[arg-type]
    with pytest.raises(newsflag.InputError, match="those of a PDF, but must be those of an HTML page"):
        newsflag.flag_html(b"%PDF-1.4 \xff")
    with pytest.raises(newsflag.ConfigError, match="input is 'xml', but must be one of text, html"):
        newsflag.pipe([page], input="xml")  # type: ignore[call-overload]
    with pytest.raises(newsflag.ConfigError, match="unknown option 'treshold'"):
        newsflag.clean_html(page, treshold=1)
    with pytest.raises(newsflag.InputError, match="a text must be a str, but got bytes"):
        list(newsflag.pipe([page.encode()]))


@pytest.mark.parametrize("html", ["<p>One", b"<p>One"])
@pytest.mark.parametrize("module", ["selectolax.lexbor", "w3lib.encoding"])
def test_without_the_extra_the_error_says_how_to_get_it(
    html: str | bytes, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    if isinstance(html, str) and module != "selectolax.lexbor":
        assert newsflag.clean_html(html)  # nothing to decode
        return
    for call in (newsflag.flag_html, newsflag.clean_html):
        with pytest.raises(ImportError, match=r"pip install 'newsflag\[html\]'"):
            call(html)
    with pytest.raises(ImportError, match=r"pip install 'newsflag\[html\]'"):
        list(newsflag.pipe([html], input="html"))
    assert newsflag.clean("The council met on Monday.") == "The council met on Monday."


def test_plain_text_needs_nothing_of_the_extra(root: Path) -> None:
    code = (
        "import sys, newsflag\n"
        "newsflag.flag('The council met on Monday.'); newsflag.clean('One.'); list(newsflag.pipe(['One.']))\n"
        "print([name for name in ('selectolax', 'w3lib', 'charset_normalizer') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout == "[]\n"


def test_plain_text_is_judged_and_written_as_ever() -> None:
    text = "<p>The council met on Monday.</p>\n\nREAD MORE: Ten tricks for a flat belly"
    report = newsflag.flag(text)
    assert report.text == text
    assert all(each.markup is None for each in report.segments)
    assert report.links == ()
    assert not any("markup" in row for row in report.to_dict()["segments"])
    assert report.threshold == newsflag.Flagger().threshold
    assert "pages" not in report.model


# The command


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()

    def invoke(*args: str, stdin: str | bytes | None = None) -> Result:
        result = runner.invoke(main, list(args), input=stdin, catch_exceptions=False)
        assert "Traceback" not in result.output
        return result

    return invoke


@pytest.mark.parametrize("name", ["page.html", "page.htm", "PAGE.HTML", "page.xhtml"])
def test_files_named_like_pages_are_read_as_such(run: Run, page: str, name: str) -> None:
    Path(name).write_text(page, encoding="utf-8")
    result = run("check", name)
    assert result.exit_code == FLAGGED
    assert result.stdout.startswith(f"{name}: 1 flagged (")
    assert "READ MORE: Ten tricks" in result.stdout
    assert "<p>" not in result.stdout
    result = run("clean", name)
    assert (result.exit_code, result.stdout) == (CLEAN, newsflag.clean_html(page) + "\n")


def test_other_files_and_standard_input_are_pages_where_it_is_said(run: Run, page: str) -> None:
    Path("page.txt").write_bytes(page.encode("utf-16"))
    assert run("clean", "--html", "page.txt").stdout == newsflag.clean_html(page) + "\n"
    result = run("check", "--html", "-", stdin=page)
    assert result.exit_code == FLAGGED
    assert result.stdout.startswith("-: 1 flagged (")
    assert run("clean", "--html", "-", stdin=page.encode()).stdout == newsflag.clean_html(page) + "\n"
    text = "The <b>council</b> met on Monday, and the mayor spoke of the old bridge.\n"
    assert run("clean", "-", stdin=text).stdout == text


def test_clean_keeps_the_title_of_a_page_where_it_is_asked_for(run: Run, page: str) -> None:
    Path("page.html").write_text(page, encoding="utf-8")
    assert run("clean", "--keep", "title", "page.html").stdout.startswith(f"{STORIES['en'].title}\n")
    assert run("clean", "--threshold", "0", "page.html").stdout == ""


def test_a_folder_may_hold_texts_and_pages(run: Run, page: str) -> None:
    Path("d").mkdir()
    Path("d/a.html").write_text(page, encoding="utf-8")
    Path("d/b.txt").write_text("The council met on Monday.\n", encoding="utf-8")
    Path("d/c.htm").write_bytes(page.encode("utf-16"))
    Path("d/d.css").write_text("p {}", encoding="utf-8")
    result = run("check", "--json", "d")
    assert result.exit_code == FLAGGED
    rows = json.loads(result.stdout)
    assert [Path(row["file"]).name for row in rows] == ["a.html", "b.txt", "c.htm"]
    assert rows[0]["segments"] == rows[2]["segments"]
    assert ["markup" in row["segments"][0] for row in rows] == [True, False, True]
    assert "1 file skipped" in result.stderr


def test_what_is_no_page_is_said_and_the_others_are_done(run: Run, page: str) -> None:
    Path("a.html").write_bytes(b"%PDF-1.7 \xff")
    Path("b.html").write_text(page, encoding="utf-8")
    result = run("check", "--jsonl", "a.html", "b.html", "c.html")
    assert result.exit_code == FAILED
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == ["b.html"]
    assert result.stderr.splitlines() == [
        "newsflag: a.html: the bytes are those of a PDF, but must be those of an HTML page",
        "newsflag: c.html: no such file or directory",
    ]
    result = run("clean", "a.html")
    assert (result.exit_code, result.stdout) == (FAILED, "")
    assert "a PDF" in result.stderr


def test_json_holds_what_the_report_holds(run: Run, page: str) -> None:
    Path("page.html").write_text(page, encoding="utf-8")
    [row] = json.loads(run("check", "--json", "page.html").stdout)
    assert row.pop("file") == "page.html"
    assert newsflag.Report.from_dict(row) == newsflag.flag_html(page)


def test_an_empty_page_is_clean(run: Run) -> None:
    Path("page.html").write_bytes(b"")
    assert run("check", "page.html").exit_code == CLEAN
    assert run("clean", "page.html").stdout == ""


def test_the_command_says_how_to_get_the_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "selectolax.lexbor", None)
    result = run("check", "--html", "-", stdin="<p>One")
    assert result.exit_code == FAILED
    assert result.stderr.startswith("newsflag: ")
    assert "pip install 'newsflag[html]'" in result.stderr


# What holds for every page


known: Final = [paragraph for story in STORIES.values() for paragraph in story.paragraphs]
pieces = st.one_of(
    st.sampled_from(
        [*known, "READ MORE: Ten tricks", "Advertisement", "***", "-", "He declined to comment.", "Home", ""]
    ),
    st.text(st.characters(exclude_categories=()), max_size=30).map(lambda text: text.replace("<", "")),
)
patterns = st.sampled_from(
    [
        *("<p>{}</p>", "<p>{}", "<div class='teaser box'>{}</div>", "<li><a href=/x>{}</a>", "<h1>{}</h1>", "{}<br>"),
        *("<nav>{}</nav>", "<a href=https://other.example/>{}</a>", "<pre>{}</pre>", "<aside><p>{}</aside>", "<td>{}"),
        *("<div hidden>{}</div>", "<title>{}</title>", "<meta property=og:title content='{}'>", "<div><div><b>{}</b>"),
    ]
)
pages = st.lists(st.builds(str.format, patterns, pieces), max_size=12).map("\n".join)


@relaxed
@given(pages)
@example("<p>\ud800<p>\ud83d\ude00")
@example("<pre>One\r\n\ntwo</pre>" * 3)
@example("<title>Bridge</title><h1>Bridge</h1>")
def test_reports_of_pages_hold_together(html: str) -> None:
    report = newsflag.flag_html(html)
    end = 0
    for each in report.segments:
        assert end <= each.start < each.end
        assert solid(report.text[end : each.start]) == ""
        assert report.text[each.start : each.end] == each.text
        end = each.end
        assert each.markup is not None
        assert each.markup.path
        assert (each.scores["insertion"] >= report.threshold) == each.is_insertion
        total = math.fsum(reason.contribution for reason in each.reasons)
        score = each.scores["insertion"]
        if 1e-9 < score < 1 - 1e-9:
            assert math.isclose(total, math.log(score) - math.log1p(-score), abs_tol=1e-3)
        for reason in each.reasons:
            assert reason.start is None or (
                reason.end is not None and 0 <= reason.start < reason.end <= len(report.text)
            )
    assert solid(report.text[end:]) == ""
    kept = [each for each in report.segments if not each.is_insertion and each.kind != "title"]
    assert solid(report.body) == solid("".join(each.text for each in kept))
    assert newsflag.clean_html(html) == report.body
    for flag in report.flags:
        if flag.kind in INSERTION_KINDS:
            assert flag.segment is not None
            assert kept[0].start < flag.segment.start < kept[-1].start
    assert newsflag.Report.from_dict(json.loads(report.to_json())) == report
    assert pickle.loads(pickle.dumps(report)) == report
