/* module.c - the module _ketsim: its state, its types, and what benches use to look at the GIL. */
#include "args.h"
#include "many.h"

/* Slots that the headers of 3.11 do not know; given to the interpreters that do. */
enum { SLOT_MULTIPLE_INTERPRETERS = 3, SLOT_GIL = 4 };
#define PER_INTERPRETER_GIL ((void *)2)
#define GIL_NOT_USED ((void *)1)

/* ---- for benches ------------------------------------------------------------------------------ */

static PyObject *hold_gil(PyObject *module, PyObject *on)
{
    struct ext *ext = PyModule_GetState(module);
    const int truth = PyObject_IsTrue(on);
    if (truth < 0) return NULL;
    atomic_store(&ext->hold_gil, truth);
    return Py_NewRef(Py_None);
}

static PyObject *gil_clock(PyObject *module, PyObject *Py_UNUSED(unused))
{
    struct ext *ext = PyModule_GetState(module);
    return Py_BuildValue("(KKKK)", (unsigned long long)atomic_load(&ext->clock_calls),
                         (unsigned long long)atomic_load(&ext->clock_wall_ns),
                         (unsigned long long)atomic_load(&ext->clock_free_ns),
                         (unsigned long long)atomic_load(&ext->clock_wait_ns));
}

PyDoc_STRVAR(hold_gil_doc,
"_hold_gil($module, on, /)\n--\n\n"
"Private: keep the GIL during compute on purpose, or stop doing so.");

PyDoc_STRVAR(gil_clock_doc,
"_gil_clock($module, /)\n--\n\n"
"Private: (calls, wall_ns, free_ns, wait_ns), totals of the calls long enough to let go of the GIL.");

static PyMethodDef functions[] = {
    {"_hold_gil", hold_gil, METH_O, hold_gil_doc},
    {"_gil_clock", gil_clock, METH_NOARGS, gil_clock_doc},
    {NULL, NULL, 0, NULL},
};

/* ---- types ------------------------------------------------------------------------------------ */

static int add_methods(PyTypeObject *type, const PyMethodDef *methods)
{
    for (; methods->ml_name; methods++) {
        PyMethodDef *method = (PyMethodDef *)methods; /* only read */
        PyObject *made = method->ml_flags & METH_CLASS ? PyDescr_NewClassMethod(type, method)
                                                       : PyDescr_NewMethod(type, method);
        const int result = made ? PyObject_SetAttrString((PyObject *)type, method->ml_name, made) : -1;
        Py_XDECREF(made);
        if (result < 0) return -1;
    }
    return 0;
}

/* A type with the gate methods if it is a program. */
static PyTypeObject *add_type(PyObject *module, PyType_Spec *spec, bool is_program)
{
    PyTypeObject *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    if (type && (!is_program || (add_methods(type, gates_methods) == 0 && gates_add_aliases(type) == 0)) &&
        (spec == &edit_spec || spec == &memory_spec || PyModule_AddType(module, type) == 0))
        return type;
    Py_XDECREF((PyObject *)type);
    return NULL;
}

static int add_types(PyObject *module, struct ext *ext)
{
    const PyMethodDef *const of_ket[] = {
        ket_methods,      apply_methods,    read_methods,   buffer_methods,  edit_methods,
        pickle_methods,   expect_methods,   subset_methods, share_methods,   postselect_methods,
        operator_methods, look_ket_methods, shots_methods,  prepare_methods, amplitudes_methods};
    const PyMethodDef *const of_circuit[] = {explain_methods, compose_methods, gradient_methods,
                                             look_circuit_methods, dynamic_methods};
    ext->ket = add_type(module, &ket_spec, true);
    for (size_t k = 0; ext->ket && k < sizeof of_ket / sizeof *of_ket; k++)
        if (add_methods(ext->ket, of_ket[k]) < 0) return -1;
    ext->circuit = ext->ket ? add_type(module, &circuit_spec, true) : NULL;
    for (size_t k = 0; ext->circuit && k < sizeof of_circuit / sizeof *of_circuit; k++)
        if (add_methods(ext->circuit, of_circuit[k]) < 0) return -1;
    ext->cancel = ext->circuit ? add_type(module, &cancel_spec, false) : NULL;
    ext->edit = ext->cancel ? add_type(module, &edit_spec, false) : NULL;
    ext->memory = ext->edit ? add_type(module, &memory_spec, false) : NULL;
    ext->observable = ext->memory ? add_type(module, &observable_spec, false) : NULL;
    ext->job = ext->observable ? add_type(module, &job_spec, false) : NULL;
    ext->job_queue = ext->job ? add_type(module, &job_queue_spec, false) : NULL;
    ext->channel = ext->job_queue ? add_type(module, &channel_spec, false) : NULL;
    if (!ext->channel) return -1;
    /* NumPy numbers leave arithmetic to it instead of taking it for a sequence. */
    return PyObject_SetAttrString((PyObject *)ext->observable, "__array_ufunc__", Py_None);
}

static int module_exec(PyObject *module)
{
    const PyMethodDef *const of_module[] = {
        pickle_functions,  batch_functions,   sweep_functions,   shots_functions,   profile_functions,
        workers_functions, channel_functions, readout_functions, compose_functions, density_functions};
    struct ext *ext = PyModule_GetState(module);
    if (errors_add(module) < 0 || add_types(module, ext) < 0 || entries_add_names(ext) < 0) return -1;
    for (size_t k = 0; k < sizeof of_module / sizeof *of_module; k++)
        if (PyModule_AddFunctions(module, (PyMethodDef *)of_module[k]) < 0) return -1;
    if (!(ext->records = PyList_New(0))) return -1;
    if (batch_add_types(module) < 0 || shots_add_types(module) < 0) return -1;
    if (PyModule_AddIntConstant(module, "_MAX_QUBITS", KETSIM_MAX_QUBITS) < 0 ||
        PyModule_AddIntConstant(module, "_MAX_NAME", KETSIM_MAX_NAME) < 0)
        return -1;
    return PyModule_AddStringConstant(module, "__version__", ketsim_version_string());
}

/* ---- the module ------------------------------------------------------------------------------- */

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
    struct ext *ext = PyModule_GetState(module);
    if (!ext) return 0;
    Py_VISIT(ext->ket);
    Py_VISIT(ext->circuit);
    Py_VISIT(ext->cancel);
    Py_VISIT(ext->edit);
    Py_VISIT(ext->memory);
    Py_VISIT(ext->observable);
    Py_VISIT(ext->job);
    Py_VISIT(ext->job_queue);
    Py_VISIT(ext->channel);
    Py_VISIT(ext->circuit_result);
    Py_VISIT(ext->batch_result);
    Py_VISIT(ext->shots_result);
    Py_VISIT(ext->error);
    for (size_t k = 0; k < sizeof ext->errors / sizeof *ext->errors; k++) Py_VISIT(ext->errors[k]);
    Py_VISIT(ext->gate_of);
    Py_VISIT(ext->records);
    for (size_t k = 0; k < NUMPY_NAMES; k++) Py_VISIT(atomic_load(&ext->numpy[k]));
    return 0;
}

static int module_clear(PyObject *module)
{
    struct ext *ext = PyModule_GetState(module);
    if (!ext) return 0;
    Py_CLEAR(ext->ket);
    Py_CLEAR(ext->circuit);
    Py_CLEAR(ext->cancel);
    Py_CLEAR(ext->edit);
    Py_CLEAR(ext->memory);
    Py_CLEAR(ext->observable);
    Py_CLEAR(ext->job);
    Py_CLEAR(ext->job_queue);
    Py_CLEAR(ext->channel);
    Py_CLEAR(ext->circuit_result);
    Py_CLEAR(ext->batch_result);
    Py_CLEAR(ext->shots_result);
    Py_CLEAR(ext->error);
    for (size_t k = 0; k < sizeof ext->errors / sizeof *ext->errors; k++) Py_CLEAR(ext->errors[k]);
    Py_CLEAR(ext->gate_of);
    Py_CLEAR(ext->records);
    for (size_t k = 0; k < NAME_SLOTS; k++) Py_CLEAR(ext->names[k].name);
    for (size_t k = 0; k < NUMPY_NAMES; k++) {
        PyObject *known = atomic_exchange(&ext->numpy[k], NULL);
        Py_XDECREF(known);
    }
    return 0;
}

static void module_free(void *module)
{
    module_clear(module);
}

PyDoc_STRVAR(module_doc,
"The part of ketsim that is written in C against Python's headers; import it as ketsim.\n"
"\n"
"Private, for benches: _gil_clock() returns (calls, wall_ns, free_ns, wait_ns), totals over the calls\n"
"that were long enough to let go of the GIL.  wall is from entry of the method to the end of its work,\n"
"free from letting go of the GIL to the end of compute, wait the time to get it back; the rest is the\n"
"time it was held.  _hold_gil(True) keeps it during compute on purpose, as a control: such calls count\n"
"with free and wait 0.");

/* One definition for each set of slots an interpreter may know, none of them changed at run time. */
#define DEFINITION(name, ...)                                                           \
    static PyModuleDef_Slot name##_slots[] = {{Py_mod_exec, module_exec}, __VA_ARGS__}; \
    static PyModuleDef name = {PyModuleDef_HEAD_INIT, "_ketsim",    module_doc,         \
                               sizeof(struct ext),    functions,    name##_slots,       \
                               module_traverse,       module_clear, module_free}
DEFINITION(python_311, {0, NULL});
DEFINITION(python_312, {SLOT_MULTIPLE_INTERPRETERS, PER_INTERPRETER_GIL}, {0, NULL});
DEFINITION(python_313, {SLOT_MULTIPLE_INTERPRETERS, PER_INTERPRETER_GIL}, {SLOT_GIL, GIL_NOT_USED},
           {0, NULL});

PyMODINIT_FUNC PyInit__ketsim(void);
PyMODINIT_FUNC PyInit__ketsim(void)
{
    return PyModuleDef_Init(Py_Version >= 0x030d0000   ? &python_313
                            : Py_Version >= 0x030c0000 ? &python_312
                                                       : &python_311);
}
