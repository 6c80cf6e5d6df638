/** Floor 4: the tape and the backward rules. */
package io.zoetrope.autograd;
