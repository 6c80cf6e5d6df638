package io.zoetrope.cli;

import io.zoetrope.data.DataPlaces;
import java.io.PrintWriter;

/**
 * What commands work with; tests bring their own.
 *
 * @param work   does what takes a device
 * @param places where data sets are
 * @param out    results
 * @param err    everything else
 */
record Surroundings(Work work, DataPlaces places, PrintWriter out, PrintWriter err) { }
