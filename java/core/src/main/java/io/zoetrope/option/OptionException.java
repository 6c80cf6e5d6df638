package io.zoetrope.option;

import java.util.function.Supplier;

/** What was asked for cannot be: an option is unknown, out of range, or does not suit the model or the data. */
public class OptionException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final String option;
    private final String problem;

    /**
     * @param option  the option's name
     * @param problem goes on after the name: "must be at least 1, not 0"
     */
    public OptionException(String option, String problem) {
        super(option + " " + problem);
        this.option = option;
        this.problem = problem;
    }

    private OptionException(String problem, Throwable cause) {
        super(problem, cause);
        this.option = "";
        this.problem = problem;
    }

    /** What is wrong is with no single option. */
    public static OptionException of(String problem) {
        return new OptionException(problem, (Throwable) null);
    }

    /** A request made of options; one that its own type refuses is refused as an option is. */
    public static <T> T asked(Supplier<T> request) {
        try {
            return request.get();
        } catch (OptionException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new OptionException(e.getMessage(), e);
        }
    }

    /** The option's name; empty where the problem is with no single one. */
    public String option() {
        return option;
    }

    /** What is wrong with it, without its name. */
    public String problem() {
        return problem;
    }
}
