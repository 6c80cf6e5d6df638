package io.zoetrope.mutation;

/**
 * What became of a mutant.
 *
 * @param key of the mutant, with a hash of its text: a rebuilt kernel is tried anew
 * @param by  the test that caught it or that runs its line
 */
record Verdict(String key, Result result, String by) {
    enum Result {
        CAUGHT,
        /** Tests run the line and none fails: it makes no difference, or a test is missing. */
        SURVIVED,
        /** No test runs the line. */
        NOT_RUN
    }

    static Verdict parse(String line) {
        String[] parts = line.split("\t", 3);
        return new Verdict(parts[0], Result.valueOf(parts[1]), parts[2]);
    }

    @Override
    public String toString() {
        return key + "\t" + result + "\t" + by;
    }
}
