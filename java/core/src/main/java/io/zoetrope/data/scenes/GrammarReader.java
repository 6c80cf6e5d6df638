package io.zoetrope.data.scenes;

import io.zoetrope.io.BadFileException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** Reads grammars, refusing what is not understood with the line it stands in. */
final class GrammarReader {
    private static final String OTHERS = "?";
    private static final String FILLER = "filler ";
    private static final String HELD = "held ";

    private final String source;
    private final Map<String, List<String>> values = new LinkedHashMap<>();
    private final Map<String, Map<String, Wordings<Wordings.Phrase>>> forms = new LinkedHashMap<>();
    private final Map<String, List<String>> fillers = new LinkedHashMap<>();
    private final Map<String, List<Template>> templates = new LinkedHashMap<>();
    private int line;

    GrammarReader(String source) {
        this.source = source;
    }

    CaptionGrammar read(String text) throws BadFileException {
        String section = null;
        for (String raw : text.split("\\R")) {
            line++;
            String content = raw.strip();
            try {
                if (content.startsWith("[") && content.endsWith("]")) {
                    section = content.substring(1, content.length() - 1);
                    open(section);
                } else if (!content.isEmpty() && !content.startsWith("#")) {
                    if (section == null) {
                        throw new IllegalArgumentException("'" + content + "' before the first [section]");
                    }
                    add(section, content);
                }
            } catch (IllegalArgumentException e) {
                throw bad(e.getMessage(), "a grammar of captions");
            }
        }
        line = 0;
        try {
            return grammar();
        } catch (IllegalArgumentException e) {
            throw bad(e.getMessage(), "a whole grammar");
        }
    }

    private BadFileException bad(String what, String expected) {
        return BadFileException.of(source, line == 0 ? what : "line " + line + ": " + what, expected,
                "Compare with the grammars that ship");
    }

    private void open(String section) {
        boolean known = section.startsWith(FILLER) || section.contains(".") || Stream.of(CaptionGrammar.Kind.values())
                .map(GrammarReader::heading).anyMatch(name -> section.equals(name) || section.equals(HELD + name));
        if (!known) {
            throw new IllegalArgumentException("no section is called [" + section + "]");
        }
    }

    private static String heading(CaptionGrammar.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    private void add(String section, String content) {
        if (section.startsWith(FILLER)) {
            fillers.computeIfAbsent(section.substring(FILLER.length()), name -> new ArrayList<>())
                    .addAll(list(content, word -> word));
        } else if (section.contains(".")) {
            int colon = content.indexOf(':');
            if (colon < 1) {
                throw new IllegalArgumentException("'" + content + "': expected a value, a colon and its wordings");
            }
            String value = content.substring(0, colon);
            List<String> known = values.computeIfAbsent(slot(section), slot -> new ArrayList<>());
            if (!value.equals(OTHERS) && !known.contains(value)) {
                known.add(value);
            }
            if (forms.computeIfAbsent(section, form -> new LinkedHashMap<>()).put(value,
                    wordings(content.substring(colon + 1))) != null) {
                throw new IllegalArgumentException("the value '" + value + "' stands there twice");
            }
        } else {
            templates.computeIfAbsent(section, name -> new ArrayList<>()).add(Template.parse(content));
        }
    }

    private static String slot(String form) {
        return form.substring(0, form.indexOf('.'));
    }

    private static Wordings<Wordings.Phrase> wordings(String text) {
        String[] parts = text.split("\\|", -1);
        if (parts.length > 2) {
            throw new IllegalArgumentException("'" + text.strip() + "': expected one | at most");
        }
        return new Wordings<>(list(parts[0], Wordings.Phrase::parse),
                parts.length == 1 ? List.of() : list(parts[1], Wordings.Phrase::parse));
    }

    private static <T> List<T> list(String text, Function<String, T> read) {
        return Stream.of(text.split(",")).map(String::strip).filter(word -> !word.isEmpty()).map(read).toList();
    }

    private CaptionGrammar grammar() {
        Map<String, CaptionGrammar.Form> named = new LinkedHashMap<>();
        forms.forEach((name, wordings) -> {
            for (String value : values.get(slot(name))) {
                if (!wordings.containsKey(value)) {
                    throw new IllegalArgumentException("[" + name + "] has no wording of '" + value + "'");
                }
            }
            named.put(name, new CaptionGrammar.Form(slot(name), wordings, wordings.get(OTHERS)));
        });
        Map<CaptionGrammar.Kind, Wordings<Template>> ofKind = new LinkedHashMap<>();
        for (CaptionGrammar.Kind kind : CaptionGrammar.Kind.values()) {
            Wordings<Template> all = new Wordings<>(templates.getOrDefault(heading(kind), List.of()),
                    templates.getOrDefault(HELD + heading(kind), List.of()));
            Stream.concat(all.learned().stream(), all.held().stream())
                    .forEach(template -> check(template, kind != CaptionGrammar.Kind.TEMPLATES));
            ofKind.put(kind, all);
        }
        return new CaptionGrammar(new Slots(values), named, fillers, ofKind);
    }

    private void check(Template template, boolean frames) {
        if (template.parts().stream().anyMatch(Template.Part.Framed.class::isInstance) != frames) {
            throw new IllegalArgumentException(
                    template + ": expected a ~ in every frame and negation, and in no other template");
        }
        checkNames(template);
    }

    private void checkNames(Template template) {
        for (Template.Part part : template.parts()) {
            if (part instanceof Template.Part.Maybe maybe) {
                check(maybe.of(), false);
            }
            String unknown = part instanceof Template.Part.Form form && !forms.containsKey(form.name()) ? form.name()
                    : part instanceof Template.Part.Filler filler && !fillers.containsKey(filler.name()) ? filler.name()
                            : null;
            if (unknown != null) {
                throw new IllegalArgumentException("a template names {" + unknown + "}, which no section has");
            }
        }
    }
}
