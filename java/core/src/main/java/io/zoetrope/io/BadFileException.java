package io.zoetrope.io;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file is not what it should be. The message names the file, what was found, what was expected and what to do, in
 * one line fit for a user.
 */
public final class BadFileException extends IOException {
    private static final long serialVersionUID = 1;

    /** Not serialised: its sentence is in the message. */
    private final transient Remedy remedy;

    private BadFileException(String file, String found, String expected, Remedy remedy, Throwable cause) {
        super(oneLine(file + ": " + found + "; expected " + expected + ". " + remedy.sentence() + "."), cause);
        this.remedy = remedy;
    }

    /** Decoders' own messages may have several lines, and what files hold may be meant to steer a terminal. */
    private static String oneLine(String message) {
        return message.replaceAll("\\s*\\R\\s*", " ").replaceAll("[\\p{Cc}\\u202a-\\u202e\\u2066-\\u2069]", "?");
    }

    /**
     * @param file     the file's name, as the user knows it
     * @param found    what is wrong, as a clause
     * @param expected what would be right, as a noun phrase
     * @param remedy   what the user can do
     */
    public static BadFileException of(String file, String found, String expected, Remedy remedy) {
        return of(file, found, expected, remedy, null);
    }

    /** As {@link #of(String, String, String, Remedy)}, keeping the cause, if there is one, for debugging. */
    public static BadFileException of(String file, String found, String expected, Remedy remedy, Throwable cause) {
        return new BadFileException(file, found, expected, remedy, cause);
    }

    /** As {@link #of(String, String, String, Remedy)} for a path. */
    public static BadFileException of(Path file, String found, String expected, Remedy remedy) {
        return of(file.toString(), found, expected, remedy);
    }

    /** As {@link #of(String, String, String, Remedy)}; {@code remedy} is a sentence without the full stop. */
    public static BadFileException of(String file, String found, String expected, String remedy) {
        return of(file, found, expected, Remedy.of(remedy));
    }

    /** As {@link #of(String, String, String, String)} for a path. */
    public static BadFileException of(Path file, String found, String expected, String remedy) {
        return of(file.toString(), found, expected, remedy);
    }

    /** As {@link #of(String, String, String, String)}, keeping the cause for debugging. */
    public static BadFileException of(Path file, String found, String expected, String remedy, Throwable cause) {
        return of(file.toString(), found, expected, Remedy.of(remedy), cause);
    }

    /** What the user can do, which the message's end says; null once the exception was serialised. */
    public Remedy remedy() {
        return remedy;
    }
}
