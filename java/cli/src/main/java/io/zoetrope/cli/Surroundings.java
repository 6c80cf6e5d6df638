package io.zoetrope.cli;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.data.DataPlaces;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.util.function.Function;

/**
 * What commands work with; tests bring their own.
 *
 * @param devices opens one
 * @param places  where data sets are
 * @param out     results, for people
 * @param err     everything else
 * @param bytes   where a file goes that is named -
 */
record Surroundings(Function<DeviceChoice, Device> devices, DataPlaces places, PrintWriter out, PrintWriter err,
        OutputStream bytes) {
    /** A line, or several, of results. */
    void say(String text) {
        out.println(Printable.of(text.stripTrailing()));
        out.flush();
    }

    /** A line about what went wrong. */
    void complain(String text) {
        err.println("zoetrope: " + Printable.of(text));
    }
}
