package io.zoetrope.data.scenes;

import io.zoetrope.io.BadFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * How captions of scenes are worded in a language: wordings of each value in several forms, words that say nothing of a
 * slot, and templates that put them together. Some wordings and templates are held out, to measure whether what has
 * learned from the others understands these.
 */
public final class CaptionGrammar {
    /** Which captions are drawn. */
    public enum Part {
        /** Of templates and wordings to learn from. */
        LEARNED(false, false),
        /** Of held-out templates with wordings that were learned. */
        HELD_TEMPLATES(true, false),
        /** Of held-out templates, with held-out wordings where a value has them. */
        HELD_WORDINGS(true, true);

        private final boolean templates;
        private final boolean wordings;

        Part(boolean templates, boolean wordings) {
            this.templates = templates;
            this.wordings = wordings;
        }

        boolean holdsTemplates() {
            return templates;
        }

        boolean holdsWordings() {
            return wordings;
        }
    }

    private final Slots slots;
    private final Map<String, Form> forms;
    private final Map<String, List<String>> fillers;
    private final Map<Kind, Wordings<Template>> templates;

    /** What a template is for. */
    enum Kind {
        TEMPLATES, NEGATIONS, FRAMES
    }

    /**
     * A way in which the values of a slot are worded.
     *
     * @param slot     whose values
     * @param wordings of each value
     * @param others   that fill the slot and mean none of its values; null: none
     */
    record Form(String slot, Map<String, Wordings<Wordings.Phrase>> wordings, Wordings<Wordings.Phrase> others) {}

    CaptionGrammar(Slots slots, Map<String, Form> forms, Map<String, List<String>> fillers,
            Map<Kind, Wordings<Template>> templates) {
        this.slots = slots;
        this.forms = Map.copyOf(forms);
        this.fillers = Map.copyOf(fillers);
        this.templates = Map.copyOf(templates);
    }

    /**
     * Reads a grammar; the one in English that ships says how they are written.
     *
     * @param source for messages
     * @throws BadFileException naming the line that is not understood
     */
    public static CaptionGrammar parse(String text, String source) throws BadFileException {
        return new GrammarReader(source).read(text);
    }

    /** What these captions speak of. */
    public Slots slots() {
        return slots;
    }

    Form form(String name) {
        return forms.get(name);
    }

    List<String> filler(String name) {
        return fillers.get(name);
    }

    Wordings<Template> templates(Kind kind) {
        return templates.get(kind);
    }

    /** A caption that says something of a slot. The same numbers in {@code random} give the same caption. */
    public LabelledCaption draw(Part part, SplittableRandom random) {
        while (true) {
            LabelledCaption caption = new CaptionWriter(this, part, random).write();
            if (!caption.spans().isEmpty()) {
                return caption;
            }
        }
    }

    /** The words of a value that models may learn from, in all forms. */
    public List<String> wordings(String slot, String value) {
        return forms.values().stream().filter(form -> form.slot().equals(slot))
                .flatMap(form -> form.wordings().get(value).learned().stream()).map(Wordings.Phrase::said).distinct()
                .sorted().toList();
    }

    /** Texts that models may learn from and that mean no value: around wordings, in templates, fillers and others. */
    List<String> otherTexts() {
        List<String> texts = new ArrayList<>();
        for (Form form : forms.values()) {
            form.wordings().values().forEach(wordings -> wordings.learned().forEach(phrase -> {
                texts.add(phrase.before());
                texts.add(phrase.after());
            }));
            if (form.others() != null) {
                form.others().learned().forEach(phrase -> texts.add(phrase.said()));
            }
        }
        fillers.values().forEach(texts::addAll);
        templates.values().forEach(ofKind -> ofKind.learned().forEach(template -> texts.addAll(template.texts())));
        return texts.stream().filter(text -> text.chars().anyMatch(Character::isLetterOrDigit)).map(String::strip)
                .toList();
    }
}
