/**
 * Reverse-mode differentiation: the tape, variables and gradients. The mechanics alone; each operation brings its own
 * backward function ({@link io.zoetrope.ops}).
 *
 * <p><b>How long a value lives.</b> A block of a tape's memory is freed when the last of its holders is done with it:
 * <ul>
 * <li>the {@link io.zoetrope.autograd.Tape#part part} of the forward pass in which it was made, until the part ends or
 * {@link io.zoetrope.autograd.Tape#release releases} it; the part's result goes to the part around it, and what is made
 * outside of all parts is held until the tape closes;</li>
 * <li>each note whose backward function reads it, until that has run: a gradient rule names what it reads when it notes
 * itself ({@link io.zoetrope.autograd.Tape#note}), and names nothing where no gradient that needs it is wanted, so that
 * addition, concatenation and pooling by the mean hold nothing, a convolution holds its input only for a weight that is
 * trained, and a norm its input and statistics;</li>
 * <li>a variable whose gradient it is, until that has been pushed back; inputs and what was
 * {@link io.zoetrope.autograd.Tape#keep kept} hold theirs until the tape closes.</li>
 * </ul>
 * So inference holds what is on the way, training what its rules read, and less with every note that has run. A
 * {@link io.zoetrope.autograd.Tape#checkpoint checkpoint} holds its inputs alone and runs twice; random numbers are the
 * same both times, because their keys move between steps only. A rule or a caller that reads what nothing held is
 * refused: the tensor says that its memory was given back.
 *
 * <p>Freed blocks go back to the stream-ordered pool ({@link io.zoetrope.cuda.MemoryPool}). While a graph is recorded
 * that is the graph's own: blocks are used again within it, in the order of the stream, and by nothing else. Lifetimes
 * depend on the program alone, not on the garbage collector, so a step takes the same blocks every time.
 *
 * <p><b>Parameters.</b> Their gradients are outside the tape. A tape's first contribution overwrites, further ones add
 * ({@link io.zoetrope.autograd.Tape#forAccumulation}: all add). A parameter given as a constant is frozen: what leads
 * only to such gets no gradient and is not held.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.autograd;

import org.apiguardian.api.API;
