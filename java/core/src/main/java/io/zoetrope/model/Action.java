package io.zoetrope.model;

import io.zoetrope.io.Config;
import io.zoetrope.option.Option;
import io.zoetrope.option.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Something that can be done with the models of a family, for a user at a terminal or anywhere else.
 *
 * @param kind        what sort of thing it is
 * @param name        the family's, or for those of which a family may have several their own
 * @param description in a sentence or two, beginning with a verb
 * @param options     what the user may decide. The model is one of them, see {@link CommonOptions#model}; the files
 *                    that are written are others
 * @param work        does it
 */
public record Action(Kind kind, String name, String description, List<Option<?>> options, Work work) {
    /** What is done with a model. */
    public enum Kind {
        /** Makes pictures or sounds: {@link CommonOptions#OUT} says where they go, and what kind of file that is. */
        GENERATE("generates"),
        /** Keeps a part of something and makes the rest anew. */
        COMPLETE("completes"),
        /** Measures the model. */
        EVALUATE("measures"),
        /** Shows what the model sees. */
        EXPLAIN("explains"),
        /** Measures quality against time, by the steps that are taken. */
        SPEED("takes steps for");

        private final String verb;

        Kind(String verb) {
            this.verb = verb;
        }

        /** What a model does that has this, as in "which generates nothing". */
        public String verb() {
            return verb;
        }
    }

    /** Does what an action says, telling {@link ActionCall} the results. */
    @FunctionalInterface
    public interface Work {
        void run(ActionCall call) throws IOException;
    }

    public Action {
        options = List.copyOf(options);
    }

    /**
     * Does it, once all files that it is to write are known to be writable.
     *
     * @param given values by the names of {@link #options}
     * @throws io.zoetrope.option.OptionException naming what cannot be
     * @throws IOException if a file cannot be read or written, or is not what it should be
     */
    public void run(ActionCall.Setting setting, Config given) throws IOException {
        Values values = Values.of(name, options, given);
        for (Path file : values.outputs()) {
            setting.results().expect(file);
        }
        work.run(new ActionCall(this, setting, values));
    }
}
