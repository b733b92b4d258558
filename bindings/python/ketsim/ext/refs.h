/* refs.h - counting references as the running Python does, in builds against the limited API.
 *
 * Headers of Python 3.11 count inline and know of no object that is not counted.  From 3.12 on None, small
 * integers and their like belong to all interpreters at once, whose GILs do not keep one out while another
 * counts: what is lost between two threads then frees an object that was never allocated.  Python's functions
 * leave such objects alone (PEP 683), and its macros are these functions from the limited API of 3.12 on. */
#ifndef KETSIM_REFS_H
#define KETSIM_REFS_H

#ifdef Py_LIMITED_API

#undef Py_INCREF
#undef Py_DECREF
#undef Py_XINCREF
#undef Py_XDECREF
#undef Py_NewRef /* the functions of these names */
#undef Py_XNewRef

#define Py_INCREF(object) Py_IncRef((PyObject *)(object))
#define Py_DECREF(object) Py_DecRef((PyObject *)(object))
#define Py_XINCREF(object) Py_IncRef((PyObject *)(object)) /* NULL does nothing */
#define Py_XDECREF(object) Py_DecRef((PyObject *)(object))
#define Py_NewRef(object) Py_NewRef((PyObject *)(object))
#define Py_XNewRef(object) Py_XNewRef((PyObject *)(object))

#endif

#endif
