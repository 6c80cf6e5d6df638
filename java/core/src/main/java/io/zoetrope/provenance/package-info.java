/** What made a picture, a film or a sound: said in the file itself, and read again. */
package io.zoetrope.provenance;
