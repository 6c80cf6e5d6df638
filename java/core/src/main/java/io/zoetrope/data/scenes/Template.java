package io.zoetrope.data.scenes;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a caption is put together: text, references to wordings in {braces}, parts in (parentheses) that may be left out,
 * and ~ for another caption that this one frames.
 *
 * @param parts in order
 */
record Template(List<Part> parts) {
    /** A piece of a template. */
    sealed interface Part {
        /** What stands there as it is. */
        record Text(String text) implements Part {}

        /** A wording of a form, such as place.at. */
        record Form(String name, Sense sense) implements Part {}

        /** A word that says nothing of a slot. */
        record Filler(String name) implements Part {}

        /** A Korean particle, by the final consonant of the word before it. */
        record Particle(String afterConsonant, String afterVowel) implements Part {}

        /** The caption that is framed. */
        record Framed() implements Part {}

        /** May be left out. */
        record Maybe(Template of) implements Part {}
    }

    /** How a wording is meant. */
    enum Sense {
        /** The caption is about it. */
        SAID(""),
        /** It is said not to be so. */
        NEGATED("!"),
        /** It is beside what the caption is about. */
        BESIDE("*");

        private final String sign;

        Sense(String sign) {
            this.sign = sign;
        }

        private static Sense of(String name) {
            return name.startsWith(NEGATED.sign) ? NEGATED : name.startsWith(BESIDE.sign) ? BESIDE : SAID;
        }
    }

    Template {
        parts = List.copyOf(parts);
    }

    /** What stands in it as it is. */
    List<String> texts() {
        List<String> texts = new ArrayList<>();
        for (Part part : parts) {
            if (part instanceof Part.Text literal) {
                texts.add(literal.text());
            } else if (part instanceof Part.Maybe maybe) {
                texts.addAll(maybe.of().texts());
            }
        }
        return texts;
    }

    /** Reads one line. @throws IllegalArgumentException saying what is wrong in it */
    static Template parse(String line) {
        Reader reader = new Reader(line);
        Template template = reader.parts(false);
        if (reader.at < line.length()) {
            throw new IllegalArgumentException("a ')' without '(': " + line);
        }
        return template;
    }

    private static final class Reader {
        private final String line;
        private int at;

        Reader(String line) {
            this.line = line;
        }

        Template parts(boolean within) {
            List<Part> parts = new ArrayList<>();
            while (at < line.length() && line.charAt(at) != ')') {
                char c = line.charAt(at);
                if (c == '{') {
                    String name = line.substring(at + 1, closing('}'));
                    at += name.length() + 2;
                    Sense sense = Sense.of(name);
                    parts.add(name.contains(".") ? new Part.Form(name.substring(sense.sign.length()), sense)
                            : new Part.Filler(name));
                    particle().ifPresent(parts::add);
                } else if (c == '~') {
                    at++;
                    parts.add(new Part.Framed());
                    particle().ifPresent(parts::add);
                } else if (c == '(') {
                    closing(')');
                    at++;
                    parts.add(new Part.Maybe(parts(true)));
                    at++;
                } else {
                    int begin = at;
                    while (at < line.length() && "{}()~".indexOf(line.charAt(at)) < 0) {
                        at++;
                    }
                    if (at == begin) {
                        throw new IllegalArgumentException("a '" + c + "' that nothing opens: " + line);
                    }
                    parts.add(new Part.Text(line.substring(begin, at)));
                }
            }
            if (within && at == line.length()) {
                throw new IllegalArgumentException("a '(' without ')': " + line);
            }
            return new Template(parts);
        }

        private int closing(char close) {
            int end = line.indexOf(close, at);
            if (end < 0) {
                throw new IllegalArgumentException("a '" + line.charAt(at) + "' without '" + close + "': " + line);
            }
            return end;
        }

        /** A pair such as 이/가 at this place. */
        private Optional<Part> particle() {
            int slash = line.indexOf('/', at);
            if (slash <= at || !isHangul(at, slash)) {
                return Optional.empty();
            }
            int end = slash + 1;
            while (end < line.length() && isHangul(end, end + 1)) {
                end++;
            }
            Part particle = new Part.Particle(line.substring(at, slash), line.substring(slash + 1, end));
            at = end;
            return Optional.of(particle);
        }

        private boolean isHangul(int from, int to) {
            return line.substring(from, to).chars()
                    .allMatch(c -> Character.UnicodeScript.of(c) == Character.UnicodeScript.HANGUL);
        }
    }
}
