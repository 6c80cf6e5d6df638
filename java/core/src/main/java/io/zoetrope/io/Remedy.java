package io.zoetrope.io;

/**
 * What can be done about an error. Implementations add what a program needs to say it in its own terms, such as the
 * command to type, which the library does not know.
 */
@FunctionalInterface
public interface Remedy {
    /** For a user of any program, without the full stop. */
    String sentence();

    /** One that its sentence says in full. */
    static Remedy of(String sentence) {
        return () -> sentence;
    }
}
