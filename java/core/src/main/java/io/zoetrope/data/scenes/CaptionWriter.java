package io.zoetrope.data.scenes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/** Writes one caption of a grammar: draws the template, the values, and how each is worded. */
final class CaptionWriter {
    /** What an stands before; not the u of unicorn. */
    private static final Pattern VOWEL = Pattern.compile("(?!uni|ufo|eu|one)[aeiou]");
    private static final double FRAMED = 0.2;
    private static final double NEGATED = 0.25;
    private static final double SAID = 0.5;
    /** How often a slot is filled with none of its values, where a form has words for that. */
    private static final double OTHER = 0.08;

    private final CaptionGrammar grammar;
    private final CaptionGrammar.Part part;
    private final SplittableRandom random;
    private final StringBuilder text = new StringBuilder();
    private final List<LabelledCaption.Span> spans = new ArrayList<>();
    /** By slot; empty for what is none of its values. */
    private final Map<String, Optional<String>> said = new HashMap<>();
    private final Map<String, Set<String>> denied = new HashMap<>();

    CaptionWriter(CaptionGrammar grammar, CaptionGrammar.Part part, SplittableRandom random) {
        this.grammar = grammar;
        this.part = part;
        this.random = random;
    }

    LabelledCaption write() {
        List<Template> nested = new ArrayList<>();
        if (random.nextDouble() < FRAMED) {
            nested.add(template(CaptionGrammar.Kind.FRAMES));
        }
        if (random.nextDouble() < NEGATED) {
            nested.add(template(CaptionGrammar.Kind.NEGATIONS));
        }
        nested.add(template(CaptionGrammar.Kind.TEMPLATES));
        write(nested, 0);
        dropEnd(" ,");
        return new LabelledCaption(text.toString(), spans);
    }

    private Template template(CaptionGrammar.Kind kind) {
        return grammar.templates(kind).draw(part.holdsTemplates(), random);
    }

    /** Writes template {@code depth}, which frames the one after it. */
    private void write(List<Template> nested, int depth) {
        for (Template.Part piece : nested.get(depth).parts()) {
            write(piece, nested, depth);
        }
    }

    private void write(Template.Part piece, List<Template> nested, int depth) {
        if (piece instanceof Template.Part.Text literal) {
            append(literal.text());
        } else if (piece instanceof Template.Part.Particle particle) {
            append(Particles.choose(text.toString(), particle.afterConsonant(), particle.afterVowel()));
        } else if (piece instanceof Template.Part.Filler filler) {
            List<String> words = grammar.filler(filler.name());
            append(words.get(random.nextInt(words.size())));
        } else if (piece instanceof Template.Part.Form form) {
            write(grammar.form(form.name()), form.sense());
        } else if (piece instanceof Template.Part.Maybe maybe) {
            if (random.nextDouble() < SAID) {
                maybe.of().parts().forEach(inner -> write(inner, nested, depth));
            }
        } else {
            write(nested, depth + 1);
        }
    }

    private void write(CaptionGrammar.Form form, Template.Sense sense) {
        Optional<String> value = sense == Template.Sense.SAID ? say(form) : Optional.of(deny(form));
        Wordings.Phrase phrase = value.map(form.wordings()::get).orElse(form.others()).draw(part.holdsWordings(),
                random);
        if (sense == Template.Sense.BESIDE) {
            append(phrase.before() + phrase.said() + phrase.after());
            return;
        }
        append(phrase.before());
        startWord(phrase.said());
        int begin = text.length();
        text.append(phrase.said());
        spans.add(new LabelledCaption.Span(begin, text.length(), form.slot(), value, sense == Template.Sense.NEGATED));
        append(phrase.after());
    }

    /** The value that the caption has of a slot, the same wherever it speaks of it. */
    private Optional<String> say(CaptionGrammar.Form form) {
        Optional<String> before = said.get(form.slot());
        if (before != null && (before.isPresent() || form.others() != null)) {
            return before;
        }
        boolean other = before == null && form.others() != null && random.nextDouble() < OTHER;
        Optional<String> value = other ? Optional.empty() : Optional.of(value(form, Set.of()));
        said.putIfAbsent(form.slot(), value);
        return value;
    }

    /** A value that the caption is not about, and will not be. */
    private String deny(CaptionGrammar.Form form) {
        Set<String> taken = denied.computeIfAbsent(form.slot(), slot -> new HashSet<>());
        String value = value(form, said.getOrDefault(form.slot(), Optional.empty()).map(Set::of).orElse(Set.of()));
        taken.add(value);
        return value;
    }

    private String value(CaptionGrammar.Form form, Set<String> taken) {
        Set<String> against = denied.getOrDefault(form.slot(), Set.of());
        List<String> free = grammar.slots().values().get(form.slot()).stream()
                .filter(value -> !taken.contains(value) && !against.contains(value)).toList();
        return free.get(random.nextInt(free.size()));
    }

    /**
     * Appends text, with one space between words and no comma after another. Letters that directly follow a span, such
     * as a particle, belong to its last word.
     */
    private void append(String more) {
        int glued = 0;
        if (!spans.isEmpty() && spans.get(spans.size() - 1).end() == text.length()) {
            while (glued < more.length() && Character.isLetter(more.charAt(glued))) {
                glued++;
            }
        }
        if (glued > 0) {
            text.append(more, 0, glued);
            LabelledCaption.Span last = spans.remove(spans.size() - 1);
            spans.add(new LabelledCaption.Span(last.begin(), text.length(), last.slot(), last.value(), last.negated()));
        }
        for (int i = glued; i < more.length(); i++) {
            char c = more.charAt(i);
            char before = text.isEmpty() ? ',' : text.charAt(text.length() - 1);
            if (c == ' ') {
                if (!text.isEmpty() && before != ' ') {
                    text.append(c);
                }
            } else if (c == ',' || c == '.') {
                dropEnd(" ,.");
                if (!text.isEmpty()) {
                    text.append(c);
                }
            } else {
                startWord(more.substring(i));
                text.append(c);
            }
        }
    }

    private void dropEnd(String characters) {
        while (!text.isEmpty() && characters.indexOf(text.charAt(text.length() - 1)) >= 0) {
            text.setLength(text.length() - 1);
        }
    }

    /** A space after punctuation, and an before a vowel. */
    private void startWord(String word) {
        int length = text.length();
        if (length == 0) {
            return;
        }
        if (",.".indexOf(text.charAt(length - 1)) >= 0) {
            text.append(' ');
        } else if (text.toString().endsWith("a ") && (length == 2 || text.charAt(length - 3) == ' ')
                && VOWEL.matcher(word).lookingAt()) {
            text.insert(length - 1, 'n');
        }
    }
}
