package io.zoetrope.cli;

import java.util.Locale;

/** Text for a terminal. Names in a foreign model or file may hold anything; a terminal would obey it. */
final class Printable {
    private Printable() {
    }

    /**
     * The text with control characters, and those that turn the direction of writing, shown as escapes; line breaks
     * stay.
     */
    static String of(String text) {
        StringBuilder printable = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (c != '\n' && (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT)) {
                printable.append(String.format(Locale.ROOT, "\\u%04x", c));
            } else {
                printable.appendCodePoint(c);
            }
        });
        return printable.toString();
    }
}
