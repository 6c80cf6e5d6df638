/**
 * The rows that two commits are compared on. These sources are compiled against each commit's library by
 * {@link io.zoetrope.bench.compare.Compare}, which looks up in which package each imported class lies there. They use
 * only what has kept its name for long; a file that a commit cannot compile is left out for it, and the report says so.
 * So a row that needs something new has a file of its own.
 */
package io.zoetrope.bench.compare.rows;
