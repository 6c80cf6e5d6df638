package io.zoetrope.data;

import java.util.Map;

/** Something to learn from. */
public interface Dataset {
    /** For messages and records. */
    String name();

    /** How many examples there are to train on. */
    int trainingExamples();

    /** What they are called in messages: pictures, clips. */
    String examples();

    /** The numbers that tell these data from others, such as counts and extents, by name. */
    Map<String, Integer> facts();

    /** SHA-256 of all that models learn from: the training examples, their labels, and what those mean. */
    String digest();
}
