package io.zoetrope.model.tagger;

import io.zoetrope.cuda.Device;
import io.zoetrope.data.scenes.Lexicon;
import io.zoetrope.data.scenes.Slots;
import io.zoetrope.data.scenes.TaggedPrompt;
import io.zoetrope.model.ModelPipeline;
import io.zoetrope.model.PretrainedModels;
import io.zoetrope.model.text.Prompt;
import io.zoetrope.model.text.WordTokens;
import io.zoetrope.ops.array.Layouts;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import io.zoetrope.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Finds what prompts say of a scene.
 *
 * <pre>{@code
 * try (Device device = Device.open();
 *         TaggerPipeline tagger = TaggerPipeline.fromPretrained(device, TaggerPipeline.SCENE_TAGGER)) {
 *     TaggedPrompt prompt = tagger.tag("a panda surfing at night, no rain");
 *     prompt.values();  // {subject=panda, action=surf, time=night}
 *     prompt.negated(); // {mood=[gloomy]}
 *     prompt.drawn(7);  // a place and a mood, for what is not said
 * }
 * }</pre>
 */
public final class TaggerPipeline extends ModelPipeline<TaggerModel> {
    /** The tagger that ships. */
    public static final String SCENE_TAGGER = "scene-tagger";
    private static final int BATCH = 64;
    private static final IntConsumer QUIETLY = done -> {
    };

    /** Takes the model over: closing the pipeline closes it. */
    public TaggerPipeline(TaggerModel model) {
        super(model);
    }

    /**
     * The model in a folder if there is one of that name, else the one that ships under it.
     *
     * @see PretrainedModels#open
     */
    public static TaggerPipeline fromPretrained(Device device, String nameOrFolder) throws IOException {
        return PretrainedModels.open(nameOrFolder, folder -> fromPretrained(device, folder));
    }

    /** A model from its folder. */
    public static TaggerPipeline fromPretrained(Device device, Path folder) throws IOException {
        return new TaggerPipeline(TaggerModel.load(device, folder, DType.BF16));
    }

    /** The slots and values that it knows. */
    public Slots slots() {
        return model().config().slots();
    }

    /**
     * What a prompt says.
     *
     * @throws IllegalArgumentException saying what is wrong with it, as the end of a sentence about the prompt: see
     *                                  {@link Prompt}, and no word of it is in letters that were learned
     */
    public TaggedPrompt tag(String prompt) {
        return tag(List.of(prompt)).get(0);
    }

    /** What each of several prompts says; see {@link #tag(String)}. */
    public List<TaggedPrompt> tag(List<String> prompts) {
        List<Prompt> checked = prompts.stream().map(this::readable).toList();
        TaggerConfig config = model().config();
        int length = config.text().tokens().words() * config.outputs();
        float[][] scores = rows(checked.size(), BATCH, length, (scope, tape, from, to, out) -> {
            Tensor made = model().network()
                    .scores(tape, model().network().words(tape, ids(scope, checked.subList(from, to)))).value();
            Layouts.cast(made.reshape(to - from, length), out);
        }, QUIETLY);
        return IntStream.range(0, scores.length).mapToObj(i -> new Reading(config, scores[i]).of(checked.get(i)))
                .toList();
    }

    private Prompt readable(String text) {
        Prompt prompt = Prompt.of(text);
        Lexicon lexicon = model().config().lexicon();
        if (prompt.words().stream().noneMatch(lexicon::hasLettersOf)) {
            throw new IllegalArgumentException("has no word in letters that the model has learned: expected one of its "
                    + lexicon.size() + " words, such as \"" + lexicon.example() + "\"");
        }
        return prompt;
    }

    private Tensor ids(Scope scope, List<Prompt> prompts) {
        WordTokens tokens = model().config().text().tokens();
        int each = tokens.words() * tokens.grams();
        int[] ids = new int[prompts.size() * each];
        for (int i = 0; i < prompts.size(); i++) {
            System.arraycopy(tokens.ids(prompts.get(i).words()), 0, ids, i * each, each);
        }
        return scope.of(ids, prompts.size(), tokens.words(), tokens.grams());
    }

    /**
     * Makes mentions of scores.
     *
     * @param scores [words · outputs] of a prompt
     */
    private record Reading(TaggerConfig config, float[] scores) {
        /** Below this what an unknown word means is not believed. */
        private static final double BELIEVED = 0.8;

        TaggedPrompt of(Prompt prompt) {
            Lexicon lexicon = config.lexicon();
            List<String> names = config.slots().names();
            int count = Math.min(config.text().tokens().words(), prompt.words().size());
            List<TaggedPrompt.Word> words = new ArrayList<>();
            int[] tags = new int[count];
            for (int w = 0; w < count; w++) {
                double[] shares = shares(w, 1, 0, config.tags());
                tags[w] = largest(shares);
                boolean outside = tags[w] == TaggerConfig.OUTSIDE;
                String shown = WordTokens.shown(prompt.words().get(w));
                words.add(new TaggedPrompt.Word(shown,
                        outside ? Optional.empty() : Optional.of(names.get(TaggerConfig.slotOf(tags[w]))),
                        outside ? shares[0] : shares[tags[w]] + shares[sibling(tags[w])], lexicon.knows(shown)));
            }
            List<TaggedPrompt.Mention> mentions = new ArrayList<>();
            for (int w = 0; w < count;) {
                int end = w + 1;
                if (tags[w] != TaggerConfig.OUTSIDE) {
                    while (end < count && tags[end] == TaggerConfig.tag(TaggerConfig.slotOf(tags[w]), false)) {
                        end++;
                    }
                    add(mentions, mention(names.get(TaggerConfig.slotOf(tags[w])), words, w, end - w));
                }
                w = end;
            }
            return new TaggedPrompt(prompt.text(), words, prompt.words().size() - count, mentions, config.slots());
        }

        /**
         * Adds a mention, joined with the one before where they are of one slot and no word is between: compounds end
         * with what they mean in both languages (a police detective is a detective, 아기 거북이 a turtle).
         */
        private static void add(List<TaggedPrompt.Mention> mentions, TaggedPrompt.Mention next) {
            TaggedPrompt.Mention before = mentions.isEmpty() ? next : mentions.get(mentions.size() - 1);
            if (before.first() + before.count() != next.first() || !before.slot().equals(next.slot())
                    || before.negated() != next.negated()) {
                mentions.add(next);
                return;
            }
            TaggedPrompt.Mention head = next.value().isPresent() ? next : before;
            mentions.set(mentions.size() - 1, new TaggedPrompt.Mention(head.slot(), before.first(),
                    before.count() + next.count(), head.value(), head.confidence(), head.negated(), head.readAs()));
        }

        /** The tag of the same slot that begins a mention where this one does not, and the other way. */
        private static int sibling(int tag) {
            return TaggerConfig.tag(TaggerConfig.slotOf(tag), !TaggerConfig.begins(tag));
        }

        private TaggedPrompt.Mention mention(String slot, List<TaggedPrompt.Word> words, int first, int count) {
            List<String> values = config.slots().values().get(slot);
            double[] shares = valueShares(slot, first, count);
            int best = largest(shares);
            List<TaggedPrompt.Word> own = words.subList(first, first + count);
            boolean guessed = own.stream().noneMatch(TaggedPrompt.Word::known);
            boolean spelt = own.stream().anyMatch(word -> config.lexicon().hasLettersOf(word.text()));
            Optional<Lexicon.Near> near = guessed ? config.lexicon().nearest(slot,
                    String.join(" ", own.stream().map(TaggedPrompt.Word::text).toList())) : Optional.empty();
            boolean believed = best != TaggerConfig.NO_VALUE && (!guessed || shares[best] >= BELIEVED && spelt);
            Optional<String> value = near.map(Lexicon.Near::value)
                    .or(() -> believed ? Optional.of(values.get(best - 1)) : Optional.empty());
            double confidence = near.map(Lexicon.Near::likeness).orElse(value.isPresent() ? shares[best] : shares[0]);
            double[] negation = shares(first, count, config.tags() + config.values(), 2);
            return new TaggedPrompt.Mention(slot, first, count, value, confidence, negation[1] > negation[0],
                    near.map(Lexicon.Near::wording));
        }

        /** Probabilities of no known value, and of each value of the slot, by the mean scores of some words. */
        private double[] valueShares(String slot, int first, int count) {
            double[] all = means(first, count, config.tags(), config.values());
            int from = 1 + config.slots().firstValue(slot);
            double[] own = new double[1 + config.slots().values().get(slot).size()];
            own[0] = all[TaggerConfig.NO_VALUE];
            System.arraycopy(all, from, own, 1, own.length - 1);
            return softmax(own);
        }

        private double[] shares(int first, int count, int column, int columns) {
            return softmax(means(first, count, column, columns));
        }

        private double[] means(int first, int count, int column, int columns) {
            double[] means = new double[columns];
            for (int w = first; w < first + count; w++) {
                for (int c = 0; c < columns; c++) {
                    means[c] += scores[w * config.outputs() + column + c] / count;
                }
            }
            return means;
        }

        private static int largest(double[] shares) {
            int largest = 0;
            for (int i = 1; i < shares.length; i++) {
                largest = shares[i] > shares[largest] ? i : largest;
            }
            return largest;
        }

        private static double[] softmax(double[] scores) {
            double most = Double.NEGATIVE_INFINITY;
            for (double score : scores) {
                most = Math.max(most, score);
            }
            double sum = 0;
            double[] shares = new double[scores.length];
            for (int i = 0; i < scores.length; i++) {
                shares[i] = StrictMath.exp(scores[i] - most);
                sum += shares[i];
            }
            for (int i = 0; i < shares.length; i++) {
                shares[i] /= sum;
            }
            return shares;
        }
    }
}
