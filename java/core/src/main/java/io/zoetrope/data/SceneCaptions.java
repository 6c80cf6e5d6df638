package io.zoetrope.data;

import io.zoetrope.data.scenes.CaptionGrammar;
import io.zoetrope.data.scenes.LabelledCaption;
import io.zoetrope.data.scenes.LabelledPrompts;
import io.zoetrope.data.scenes.Lexicon;
import io.zoetrope.data.scenes.Slots;
import io.zoetrope.io.BadFileException;
import io.zoetrope.io.Digests;
import io.zoetrope.io.FileNames;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Captions of scenes whose words are labelled by what they say: subject, action, place, time, mood. Grammars make them,
 * one for each language, and each caption has a number; the languages take turns. With them go prompts that people
 * wrote, to measure on.
 *
 * <p>The grammars of English and Korean ship with the library. A folder may hold others: {@code de.grammar} is written
 * as those are and knows the same slots and values as the others of its folder; {@code prompts-de.txt} may be beside
 * it.
 */
public final class SceneCaptions implements Dataset {
    /** The set's name. */
    public static final String NAME = "scene-captions";
    /** How many captions there are to learn from; grammars could make many more. */
    private static final int COUNT = 1 << 20;
    private static final String SHIPPED = "/scenes/";
    private static final List<String> SHIPPED_LANGUAGES = List.of("en", "ko");
    private static final String SUFFIX = ".grammar";

    /**
     * What is said in a language.
     *
     * @param tag         of the language, such as en
     * @param grammar     that words captions
     * @param development prompts that may be looked at while model and grammar are worked on
     * @param test        prompts for measuring alone
     */
    public record Language(String tag, CaptionGrammar grammar, List<LabelledPrompts.Labelled> development,
            List<LabelledPrompts.Labelled> test) {
        public Language {
            development = List.copyOf(development);
            test = List.copyOf(test);
        }

        /** In English. */
        public String name() {
            return Locale.forLanguageTag(tag).getDisplayLanguage(Locale.ENGLISH);
        }

        /** Caption {@code number} of a part, 0 or more; always the same. */
        public LabelledCaption caption(CaptionGrammar.Part part, long number) {
            return grammar.draw(part, new SplittableRandom(number).split());
        }
    }

    @FunctionalInterface
    private interface Texts {
        Optional<String> find(String name) throws IOException;
    }

    private final String name;
    private final List<Language> languages;
    private final String digest;

    private SceneCaptions(String name, Path source, List<String> tags, Texts texts) throws IOException {
        this.name = name;
        List<Language> all = new ArrayList<>();
        StringBuilder everything = new StringBuilder();
        for (String tag : tags) {
            String text = texts.find(tag + SUFFIX).orElseThrow(() -> BadFileException.of(source.resolve(tag + SUFFIX),
                    "is missing", "a grammar of captions", "Build the library anew"));
            CaptionGrammar grammar = CaptionGrammar.parse(text, source.resolve(tag + SUFFIX).toString());
            if (!all.isEmpty() && !all.get(0).grammar().slots().equals(grammar.slots())) {
                throw BadFileException.of(source.resolve(tag + SUFFIX),
                        "has other slots or values, or in another order", "those of " + all.get(0).tag() + SUFFIX,
                        "Name the same values in all grammars");
            }
            String prompts = "prompts-" + tag + ".txt";
            String labelled = texts.find(prompts).orElse("");
            all.add(new Language(tag, grammar,
                    LabelledPrompts.parse(labelled, source.resolve(prompts).toString(),
                            LabelledPrompts.Half.DEVELOPMENT, grammar.slots()),
                    LabelledPrompts.parse(labelled, source.resolve(prompts).toString(), LabelledPrompts.Half.TEST,
                            grammar.slots())));
            everything.append(tag).append('\n').append(text).append('\n');
        }
        this.languages = List.copyOf(all);
        this.digest = Digests.sha256(everything.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** The captions that ship with the library. */
    public static SceneCaptions shipped() throws IOException {
        return new SceneCaptions(NAME, Path.of(SHIPPED), SHIPPED_LANGUAGES, file -> {
            try (InputStream in = SceneCaptions.class.getResourceAsStream(SHIPPED + file)) {
                return in == null ? Optional.empty()
                        : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
        });
    }

    /**
     * The captions that ship, by their name, or those of a folder's grammars.
     *
     * @throws BadFileException if it is neither, or a grammar is not understood
     */
    public static SceneCaptions load(String nameOrFolder, DataPlaces places) throws IOException {
        if (nameOrFolder.equals(NAME)) {
            return shipped();
        }
        Path folder = FileNames.path(nameOrFolder);
        List<String> tags;
        if (!Files.isDirectory(folder)) {
            tags = List.of();
        } else {
            try (Stream<Path> files = Files.list(folder)) {
                tags = files.map(file -> file.getFileName().toString()).filter(file -> file.endsWith(SUFFIX))
                        .map(file -> file.substring(0, file.length() - SUFFIX.length())).sorted().toList();
            }
        }
        if (tags.isEmpty()) {
            throw BadFileException.of(nameOrFolder, "is neither a set of labelled captions nor a folder with grammars",
                    NAME + ", or a folder with files such as en" + SUFFIX, "Check the name");
        }
        return new SceneCaptions(folder.toString(), folder, tags, file -> {
            Path path = folder.resolve(file);
            return Files.isRegularFile(path) ? Optional.of(Files.readString(path)) : Optional.empty();
        });
    }

    public List<Language> languages() {
        return languages;
    }

    /** What the captions speak of. */
    public Slots slots() {
        return languages.get(0).grammar().slots();
    }

    /** The words to learn from. */
    public Lexicon lexicon() {
        return Lexicon.of(languages.stream().map(Language::grammar).toList());
    }

    /** Caption {@code number} of those to learn from, 0 to {@link #trainingExamples} − 1; always the same. */
    public LabelledCaption caption(int number) {
        return languages.get(number % languages.size()).caption(CaptionGrammar.Part.LEARNED, number);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int trainingExamples() {
        return COUNT;
    }

    @Override
    public String examples() {
        return "labelled captions";
    }

    @Override
    public Map<String, Integer> facts() {
        Map<String, Integer> facts = new LinkedHashMap<>(); // runs keep them in this order
        facts.put("data_captions", COUNT);
        facts.put("data_languages", languages.size());
        return facts;
    }

    @Override
    public String digest() {
        return digest;
    }
}
