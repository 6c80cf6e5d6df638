package io.zoetrope.nn;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A glob over the dotted names of parameters: {@code *} stands for any run of characters, dots among them, {@code ?}
 * for exactly one; the rest means itself. It must cover the whole name: {@code down_blocks.*}, {@code *.to_q.weight}.
 */
public final class NamePattern {
    private static final int NEAREST = 3;

    private final String glob;
    private final Pattern regex;

    private NamePattern(String glob) {
        this.glob = glob;
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            text.append(c == '*' ? "(.*)" : c == '?' ? "(.)" : Pattern.quote(String.valueOf(c)));
        }
        this.regex = Pattern.compile(text.toString());
    }

    public static NamePattern of(String glob) {
        if (glob.isEmpty()) {
            throw new IllegalArgumentException("a pattern of names is empty: expected such as 'down_blocks.*'");
        }
        return new NamePattern(glob);
    }

    static List<NamePattern> all(String... globs) {
        return Stream.of(globs).map(NamePattern::of).toList();
    }

    /** Whether the pattern covers the whole of {@code name}. */
    public boolean matches(String name) {
        return regex.matcher(name).matches();
    }

    /** How many wildcards there are. */
    int wildcards() {
        return (int) glob.chars().filter(c -> c == '*' || c == '?').count();
    }

    /**
     * What {@code name} becomes when this pattern's wildcards, in their order, are put in place of those of
     * {@code target}; null where the pattern does not cover the name.
     */
    String rename(String name, NamePattern target) {
        Matcher matcher = regex.matcher(name);
        if (!matcher.matches()) {
            return null;
        }
        StringBuilder text = new StringBuilder();
        int group = 0;
        for (char c : target.glob.toCharArray()) {
            text.append(c == '*' || c == '?' ? matcher.group(++group) : String.valueOf(c));
        }
        return text.toString();
    }

    /**
     * Throws unless one of {@code names} matches.
     *
     * @param what the pattern is for, as in "pattern 'x' of …"
     */
    void requireMatch(String what, Collection<String> names) {
        if (names.stream().noneMatch(this::matches)) {
            List<String> nearest = names.stream().sorted(Comparator.comparingInt(this::distance)).limit(NEAREST)
                    .toList();
            throw new IllegalArgumentException("pattern '" + glob + "' of " + what + " matches none of " + names.size()
                    + " names: expected one that does, with * for any run of characters; the nearest names are "
                    + nearest);
        }
    }

    /**
     * The fewest characters to change, insert or delete until the pattern matches (Levenshtein 1966; wildcards cost
     * none).
     */
    private int distance(String name) {
        int[] row = new int[name.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (char c : glob.toCharArray()) {
            int[] above = row;
            row = new int[above.length];
            row[0] = above[0] + (c == '*' ? 0 : 1);
            for (int j = 1; j < row.length; j++) {
                row[j] = c == '*' ? Math.min(above[j], row[j - 1])
                        : Math.min(above[j - 1] + (c == '?' || c == name.charAt(j - 1) ? 0 : 1),
                                1 + Math.min(above[j], row[j - 1]));
            }
        }
        return row[name.length()];
    }

    @Override
    public String toString() {
        return glob;
    }
}
