/** The command line: the only place that knows about terminals, exit codes and arguments. */
package io.zoetrope.cli;
